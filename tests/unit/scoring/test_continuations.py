"""Continuations against each scored alone, by hand, whatever the model makes of them."""

import pytest
import torch
from transformers import PreTrainedModel

from components.model.build import Vocabulary
from components.scoring.continuations import score_continuations
from components.scoring.shared_prefixes import takes_trees
from tests.shapes import make_model

WORDS = 40


def score_by_hand(model: PreTrainedModel, prompt: list[int], continuation: list[int]) -> tuple[float, bool]:
    if model.config.is_encoder_decoder:
        said = torch.tensor([[model.config.decoder_start_token_id, *continuation[:-1]]])
        logits = model(input_ids=torch.tensor([prompt]), decoder_input_ids=said).logits[0]
    else:
        prefix = {"prefix_mask": torch.tensor([[True] * len(prompt) + [False] * len(continuation)])}
        given = prefix if model.config.prefix_attention else {}
        logits = model(input_ids=torch.tensor([prompt + continuation]), **given).logits[0, len(prompt) - 1 : -1]
    logprob = float(logits.log_softmax(-1).gather(-1, torch.tensor(continuation)[:, None]).sum())
    return logprob, logits.argmax(-1).tolist() == continuation


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
    assert takes_trees(model) == (architecture == "causal_decoder")
    assert [score.logprob for score in found] == pytest.approx([logprob for logprob, _ in expected], abs=1e-4)
    assert [score.greedy for score in found] == [greedy for _, greedy in expected]


@pytest.mark.parametrize("architecture", ["causal_decoder", "prefix_decoder", "encoder_decoder"])
@torch.no_grad()
def test_a_likeliest_continuation_is_told(architecture: str) -> None:
    model = make_model(Vocabulary(WORDS, 0, 1), architecture=architecture)
    prompt = [5, 9, 2, 31]
    likeliest = next(word for word in range(WORDS) if score_by_hand(model, prompt, [word])[1])
    other = 2 if likeliest != 2 else 3
    found = score_continuations(model, [prompt] * 3, [[likeliest], [other], [likeliest, other, other, other]])
    assert [score.greedy for score in found][:2] == [True, False]


def test_an_empty_continuation_is_certain() -> None:
    found = score_continuations(make_model(Vocabulary(WORDS, 0, 1)), [[4, 5], [6]], [[], [3]])
    assert found[0] == (0.0, True) and found[1].logprob < 0


def test_a_prompt_without_a_token_is_refused() -> None:
    with pytest.raises(ValueError, match="a prompt without a token"):
        score_continuations(make_model(Vocabulary(WORDS, 0, 1)), [[]], [[3]])
