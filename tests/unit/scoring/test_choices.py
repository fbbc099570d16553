"""Multiple choice against each continuation scored alone, by hand."""

import pytest
import torch
from transformers import PreTrainedModel

from components.model.build import Vocabulary
from components.scoring.choices import Scored, choose, score_continuations
from tests.shapes import make_model

WORDS = 40


def score_by_hand(model: PreTrainedModel, prompt: list[int], continuation: list[int]) -> float:
    if model.config.is_encoder_decoder:
        said = torch.tensor([[model.config.decoder_start_token_id, *continuation[:-1]]])
        logits = model(input_ids=torch.tensor([prompt]), decoder_input_ids=said).logits[0]
    else:
        prefix = {"prefix_mask": torch.tensor([[True] * len(prompt) + [False] * len(continuation)])}
        given = prefix if model.config.prefix_attention else {}
        logits = model(input_ids=torch.tensor([prompt + continuation]), **given).logits[0, len(prompt) - 1 : -1]
    return float(logits.log_softmax(-1).gather(-1, torch.tensor(continuation)[:, None]).sum())


@pytest.mark.parametrize("architecture", ["causal_decoder", "prefix_decoder", "encoder_decoder"])
def test_a_continuation_scores_the_same_alone_and_among_others(architecture: str) -> None:
    model = make_model(Vocabulary(WORDS, 0, 1), architecture=architecture)
    rng = torch.Generator().manual_seed(1)

    def draw(most: int) -> list[int]:
        return torch.randint(2, WORDS, (int(torch.randint(1, most, (), generator=rng)),), generator=rng).tolist()

    prompts, continuations = [draw(9) for _ in range(20)], [draw(6) for _ in range(20)]
    with torch.no_grad():
        expected = [score_by_hand(model, p, c) for p, c in zip(prompts, continuations, strict=True)]
    found = score_continuations(model, prompts, continuations)
    assert [score.logprob for score in found] == pytest.approx(expected, abs=1e-4)
    assert [score.tokens for score in found] == [len(c) for c in continuations]


def test_the_likeliest_is_chosen_or_the_likeliest_for_its_length() -> None:
    scores = [Scored(-4.0, 2), Scored(-6.0, 6), Scored(-4.0, 2)]
    assert choose(scores) == 0
    assert choose(scores, [5, 12, 5]) == 1


def test_a_prompt_without_a_token_is_refused() -> None:
    with pytest.raises(ValueError, match="a prompt without a token"):
        score_continuations(make_model(Vocabulary(WORDS, 0, 1)), [[]], [[3]])
