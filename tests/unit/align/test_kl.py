"""The penalty and its coefficient, against hand-computed cases."""

import pytest
import torch

from components.align.config import AdaptiveKl, FixedKl
from components.align.kl import adapt_coefficient, find_last_action, shape_rewards, steer_coefficient

MASK_12 = torch.tensor([[0.0, 1.0, 1.0, 0.0]])


def test_the_score_falls_on_the_last_action_and_the_kl_penalty_on_each() -> None:
    logprobs, reference = torch.tensor([[9.0, -1.0, -2.0, 9.0]]), torch.tensor([[0.0, -1.5, -1.0, 0.0]])
    rewards = shape_rewards(torch.tensor([3.0]), logprobs, reference, MASK_12, kl_coefficient=0.2)
    torch.testing.assert_close(rewards, torch.tensor([[0.0, -0.1, 3.2, 0.0]]))


@pytest.mark.parametrize(("kl", "expected"), [(6.0, 0.1), (12.0, 0.1 * 1.02), (0.0, 0.1 * 0.98), (6.6, 0.1 * 1.01)])
def test_the_adaptive_coefficient_moves_towards_its_target_by_a_bounded_step(kl: float, expected: float) -> None:
    found = adapt_coefficient(0.1, kl, target=6.0, horizon=1000, responses=100)
    assert found == pytest.approx(expected)


def test_last_action_is_that_of_the_end_token() -> None:
    mask = torch.tensor([[0.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    assert find_last_action(mask).tolist() == [2, 3]


def test_a_coefficient_moves_only_where_its_kind_says_so() -> None:
    fixed, adaptive = (
        FixedKl(kind="fixed", coefficient=0.1),
        AdaptiveKl(kind="adaptive", coefficient=0.1, target=6.0, horizon=1000),
    )
    assert steer_coefficient(fixed, 0.1, kl=12.0, responses=100) == 0.1
    assert steer_coefficient(adaptive, 0.1, kl=12.0, responses=100) == pytest.approx(0.102)
