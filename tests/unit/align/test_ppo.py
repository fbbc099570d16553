"""PPO's formulas against hand-computed cases, and a planted reward whose optimum is known."""

import math

import pytest
import torch
from torch import nn

from components.align import ppo

MASK_12 = torch.tensor([[0.0, 1.0, 1.0, 0.0]])


def test_entropy_of_a_uniform_choice_is_the_log_of_its_size() -> None:
    assert ppo.token_entropy(torch.zeros(1, 3, 8)).allclose(torch.full((1, 3), math.log(8)))


def test_the_score_falls_on_the_last_action_and_the_kl_penalty_on_each() -> None:
    logprobs, reference = torch.tensor([[9.0, -1.0, -2.0, 9.0]]), torch.tensor([[0.0, -1.5, -1.0, 0.0]])
    rewards = ppo.shape_rewards(torch.tensor([3.0]), logprobs, reference, MASK_12, kl_coefficient=0.2)
    torch.testing.assert_close(rewards, torch.tensor([[0.0, -0.1, 3.2, 0.0]]))


def test_advantages_equal_the_hand_computed_case() -> None:
    """r = (1, 2), V = (0.5, 1.5), gamma 0.9, lambda 0.8: delta = (1.85, 0.5), A = (1.85 + 0.72 * 0.5, 0.5)."""
    rewards, values = torch.tensor([[0.0, 1.0, 2.0, 0.0]]), torch.tensor([[7.0, 0.5, 1.5, 7.0]])
    advantages, returns = ppo.estimate_advantages(rewards, values, MASK_12, gamma=0.9, lam=0.8)
    torch.testing.assert_close(advantages, torch.tensor([[0.0, 2.21, 0.5, 0.0]]))
    torch.testing.assert_close(returns, torch.tensor([[0.0, 2.71, 2.0, 0.0]]))


def test_with_lambda_one_the_return_is_the_discounted_sum_whatever_the_values() -> None:
    torch.manual_seed(1)
    rewards, values, mask = torch.randn(3, 6), torch.randn(3, 6), torch.ones(3, 6)
    _, returns = ppo.estimate_advantages(rewards, values, mask, gamma=0.5, lam=1.0)
    expected = sum(0.5**k * rewards[:, k] for k in range(6))
    torch.testing.assert_close(returns[:, 0], expected)


def test_whitened_advantages_have_zero_mean_and_unit_variance_over_the_response() -> None:
    values, mask = torch.tensor([[1.0, 2.0, 3.0, 100.0]]), torch.tensor([[1.0, 1.0, 1.0, 0.0]])
    kept = values[mask.bool()]
    white = ppo.whiten(values, mask, kept.mean(), kept.var(unbiased=False))
    torch.testing.assert_close(white, torch.tensor([[-1.2247449, 0.0, 1.2247449, 0.0]]))


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "clipped"),
    [(1.0, 2.0, -2.0, 0.0), (1.5, 2.0, -2.4, 1.0), (1.5, -2.0, 3.0, 0.0), (0.5, -2.0, 1.6, 1.0), (0.5, 2.0, -1.0, 0.0)],
)
def test_the_surrogate_is_clipped_only_where_clipping_is_the_pessimist(
    ratio: float, advantage: float, loss: float, clipped: float
) -> None:
    one = torch.ones(1, 1)
    found = ppo.policy_loss(one * math.log(ratio), one * 0, one * advantage, one, clip_range=0.2, weight=1.0)
    assert float(found.loss) == pytest.approx(loss)
    assert float(found.clip_fraction) == clipped
    assert float(found.approximate_kl) == pytest.approx(ratio - 1 - math.log(ratio))


def test_the_value_loss_takes_the_worse_of_clipped_and_unclipped() -> None:
    """V = 2, V_old = 1, R = 3, eps = 0.5: (2 - 3)^2 = 1 and (1.5 - 3)^2 = 2.25; half of the worse is 1.125."""
    one = torch.ones(1, 1)
    assert float(ppo.value_loss(2 * one, one, 3 * one, one, clip_range=0.5, weight=1.0)) == pytest.approx(1.125)


def test_explained_variance_is_one_for_perfect_values_and_zero_for_the_mean() -> None:
    returns, mask = torch.tensor([[1.0, 3.0, 99.0]]), torch.tensor([[1.0, 1.0, 0.0]])
    assert float(ppo.explained_variance(returns, returns, mask)) == pytest.approx(1.0)
    assert float(ppo.explained_variance(torch.full_like(returns, 2.0), returns, mask)) == pytest.approx(0.0)


@pytest.mark.parametrize(("kl", "expected"), [(6.0, 0.1), (12.0, 0.1 * 1.02), (0.0, 0.1 * 0.98), (6.6, 0.1 * 1.01)])
def test_the_adaptive_coefficient_moves_towards_its_target_by_a_bounded_step(kl: float, expected: float) -> None:
    found = ppo.adapt_kl_coefficient(0.1, kl, target=6.0, horizon=1000, responses=100)
    assert found == pytest.approx(expected)


def test_last_action_is_that_of_the_end_token() -> None:
    mask = torch.tensor([[0.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, 1.0]])
    assert ppo.find_last_action(mask).tolist() == [2, 3]


def test_a_planted_reward_with_a_kl_penalty_is_driven_to_its_known_optimum() -> None:
    """One-token responses over four tokens with rewards r: the optimum of E[r] - beta KL(pi || ref) is
    pi* proportional to ref exp(r / beta) (Ziegler et al. 2019), here with a uniform reference."""
    torch.manual_seed(0)
    reward_V, beta = torch.tensor([0.0, 0.5, 1.0, -0.5]), 0.5
    logits_V, reference_V = nn.Parameter(torch.zeros(4)), torch.full((4,), -math.log(4))
    optimizer = torch.optim.Adam([logits_V], lr=0.02)
    mask_BA = torch.ones(512, 1)
    for _ in range(150):
        logp_V = logits_V.detach().log_softmax(-1)
        tokens_B = torch.multinomial(logp_V.exp(), 512, replacement=True)
        old_BA = logp_V[tokens_B, None]
        rewards_BA = ppo.shape_rewards(reward_V[tokens_B], old_BA, reference_V[tokens_B, None], mask_BA, beta)
        advantages_BA, _ = ppo.estimate_advantages(rewards_BA, torch.zeros_like(rewards_BA), mask_BA, 1.0, 0.95)
        kept = advantages_BA.flatten()
        white_BA = ppo.whiten(advantages_BA, mask_BA, kept.mean(), kept.var(unbiased=False))
        for _ in range(2):
            new_BA = logits_V.log_softmax(-1)[tokens_B, None]
            found = ppo.policy_loss(new_BA, old_BA, white_BA, mask_BA, clip_range=0.2, weight=1 / 512)
            optimizer.zero_grad()
            found.loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    torch.testing.assert_close(logits_V.detach().softmax(-1), (reward_V / beta).softmax(-1), atol=0.08, rtol=0)
