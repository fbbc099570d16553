"""Advantages against hand-computed cases."""

import pytest
import torch

from components.align.advantages import estimate_advantages, explained_variance, whiten
from components.parallel.mesh import ALONE

MASK_12 = torch.tensor([[0.0, 1.0, 1.0, 0.0]])


def test_advantages_equal_the_hand_computed_case() -> None:
    """r = (1, 2), V = (0.5, 1.5), gamma 0.9, lambda 0.8: delta = (1.85, 0.5), A = (1.85 + 0.72 * 0.5, 0.5)."""
    rewards, values = torch.tensor([[0.0, 1.0, 2.0, 0.0]]), torch.tensor([[7.0, 0.5, 1.5, 7.0]])
    advantages, returns = estimate_advantages(rewards, values, MASK_12, gamma=0.9, lam=0.8)
    torch.testing.assert_close(advantages, torch.tensor([[0.0, 2.21, 0.5, 0.0]]))
    torch.testing.assert_close(returns, torch.tensor([[0.0, 2.71, 2.0, 0.0]]))


def test_with_lambda_one_the_return_is_the_discounted_sum_whatever_the_values() -> None:
    torch.manual_seed(1)
    rewards, values, mask = torch.randn(3, 6), torch.randn(3, 6), torch.ones(3, 6)
    _, returns = estimate_advantages(rewards, values, mask, gamma=0.5, lam=1.0)
    expected = sum(0.5**k * rewards[:, k] for k in range(6))
    torch.testing.assert_close(returns[:, 0], expected)


def test_whitened_advantages_have_zero_mean_and_unit_variance_over_the_response() -> None:
    values, mask = torch.tensor([[1.0, 2.0, 3.0, 100.0]]), torch.tensor([[1.0, 1.0, 1.0, 0.0]])
    white = whiten(values, mask, ALONE)
    torch.testing.assert_close(white, torch.tensor([[-1.2247449, 0.0, 1.2247449, 0.0]]))


def test_explained_variance_is_one_for_perfect_values_and_zero_for_the_mean() -> None:
    returns, mask = torch.tensor([[1.0, 3.0, 99.0]]), torch.tensor([[1.0, 1.0, 0.0]])
    assert float(explained_variance(returns, returns, mask)) == pytest.approx(1.0)
    assert float(explained_variance(torch.full_like(returns, 2.0), returns, mask)) == pytest.approx(0.0)


def test_what_a_tool_wrote_between_two_actions_has_no_credit_and_changes_nothing_for_them() -> None:
    """As if its tokens were not there: advantages and returns are those of the actions alone."""
    torch.manual_seed(2)
    rewards, values = torch.randn(2, 7), torch.randn(2, 7)
    mask = torch.tensor([[1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 0.0]]).expand(2, -1)
    rewards = rewards * mask
    kept = mask[0].bool()
    found = estimate_advantages(rewards, values, mask, gamma=0.9, lam=0.8)
    alone = estimate_advantages(rewards[:, kept], values[:, kept], torch.ones(2, 4), gamma=0.9, lam=0.8)
    for whole, part in zip(found, alone, strict=True):
        torch.testing.assert_close(whole[:, kept], part)
        assert not whole[:, ~kept].any()
