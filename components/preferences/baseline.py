"""How well the model that pairs are made for ranks them by itself: the chance of what it would say."""

from collections.abc import Sequence

from transformers import PreTrainedModel

from components.datasets.preferences import Pair
from components.metrics.data import PreferencesMetrics
from components.scoring.choices import choose, score_continuations


def measure_baseline(model: PreTrainedModel, pairs: Sequence[Pair]) -> PreferencesMetrics:
    """Share of held-out pairs whose chosen answer is likelier, as a whole and a token, than the rejected one."""
    prompts = [pair.chosen_ids[: pair.prompt_tokens] for pair in pairs]
    chosen = score_continuations(model, prompts, [pair.chosen_ids[pair.prompt_tokens :] for pair in pairs])
    rejected = score_continuations(model, prompts, [pair.rejected_ids[pair.prompt_tokens :] for pair in pairs])
    both = list(zip(chosen, rejected, strict=True))
    right = [choose(scores) == 0 for scores in both]
    right_per_token = [choose(scores, [score.tokens for score in scores]) == 0 for scores in both]
    return PreferencesMetrics(
        sft_accuracy=round(sum(right) / len(right), 4),
        sft_accuracy_per_token=round(sum(right_per_token) / len(right_per_token), 4),
    )
