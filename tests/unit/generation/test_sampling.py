"""Choosing a token: the distribution is the asked one, row by row."""

import math

import pytest
import torch

from components.generation.sampling import choose_tokens, find_likeliest, invert_cdf, restrict_probs

PROBS = [0.5, 0.2, 0.2, 0.1]


def rows(count: int, **changes: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    wish = {"temperature": 1.0, "top_p": 1.0, "top_k": 0.0, **changes}
    return (
        torch.full((count,), wish["temperature"]),
        torch.full((count,), wish["top_p"]),
        torch.full((count,), int(wish["top_k"])),
    )


def test_evenly_spread_uniforms_give_the_distribution_itself() -> None:
    uniforms = (torch.arange(1000) + 0.5) / 1000
    logits = torch.tensor(PROBS).log().expand(1000, 4)
    tokens, logprobs = choose_tokens(logits, *rows(1000), uniforms)
    assert torch.bincount(tokens, minlength=4).tolist() == [500, 200, 200, 100]
    assert torch.allclose(logprobs, torch.tensor(PROBS).log()[tokens])


def test_temperature_sharpens_the_choice_but_not_the_logprob() -> None:
    uniforms = (torch.arange(1000) + 0.5) / 1000
    logits = torch.tensor(PROBS).log().expand(1000, 4)
    tokens, logprobs = choose_tokens(logits, *rows(1000, temperature=0.5), uniforms)
    assert int((tokens == 0).sum()) == pytest.approx(1000 * 0.25 / 0.34, abs=1)
    assert float(logprobs[0]) == pytest.approx(math.log(0.5))


def test_nucleus_and_top_k_keep_the_likeliest() -> None:
    probs = torch.tensor([PROBS] * 4)
    kept = restrict_probs(probs, torch.tensor([0.6, 1.0, 1.0, 1e-9]), torch.tensor([0, 1, 0, 0])) > 0
    assert kept.tolist() == [
        [True, True, False, False],
        [True, False, False, False],
        [True, True, True, True],
        [True, False, False, False],
    ]


def test_a_token_without_probability_is_never_drawn() -> None:
    probs = torch.tensor([[0.0, 1.0, 0.0]] * 2)
    assert invert_cdf(probs, torch.tensor([0.0, 1.0 - 2**-24])).tolist() == [1, 1]


def test_greedy_and_sampled_rows_share_a_batch() -> None:
    logits = torch.tensor(PROBS).log().expand(2, 4)
    tokens, _ = choose_tokens(
        logits, torch.tensor([0.0, 1.0]), torch.ones(2), torch.zeros(2, dtype=torch.long), torch.tensor([0.99, 0.99])
    )
    assert tokens.tolist() == [0, 3]


def test_the_first_of_equals_is_the_likeliest() -> None:
    logprobs = torch.randint(0, 5, (7, 300)).float()
    logprobs[3, 200] = float("nan")
    assert torch.equal(find_likeliest(logprobs), logprobs.argmax(dim=-1))
