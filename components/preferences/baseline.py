"""How well the model that pairs are made for ranks them by itself: the chance of what it would say."""

from collections.abc import Sequence

from transformers import PreTrainedModel

from components.datasets.preferences import Pair
from components.metrics.data import PreferencesMetrics
from components.scoring.choices import choose
from components.scoring.continuations import score_continuations


def measure_baseline(model: PreTrainedModel, pairs: Sequence[Pair]) -> PreferencesMetrics:
    """Share of held-out pairs whose chosen answer is likelier, as a whole and a token, than the rejected one."""
    prompts = [pair.chosen_ids[: pair.prompt_tokens] for pair in pairs]
    chosen = [pair.chosen_ids[pair.prompt_tokens :] for pair in pairs]
    rejected = [pair.rejected_ids[pair.prompt_tokens :] for pair in pairs]
    scores = score_continuations(model, [*prompts, *prompts], [*chosen, *rejected])
    both = list(zip(scores[: len(pairs)], scores[len(pairs) :], strict=True))
    right = [choose(own) == 0 for own in both]
    lengths = zip(map(len, chosen), map(len, rejected), strict=True)
    right_per_token = [choose(own, counts) == 0 for own, counts in zip(both, lengths, strict=True)]
    return PreferencesMetrics(
        sft_accuracy=round(sum(right) / len(right), 4),
        sft_accuracy_per_token=round(sum(right_per_token) / len(right_per_token), 4),
    )
