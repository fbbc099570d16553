"""Losses against hand-computed cases, a planted reward whose optimum is known, and TRL's own DPO."""

import math

import pytest
import torch
from torch import nn

from components.align.advantages import estimate_advantages, whiten
from components.align.kl import shape_rewards
from components.align.losses import dpo_loss, policy_loss, value_loss
from components.parallel.mesh import ALONE


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "clipped"),
    [(1.0, 2.0, -2.0, 0.0), (1.5, 2.0, -2.4, 1.0), (1.5, -2.0, 3.0, 0.0), (0.5, -2.0, 1.6, 1.0), (0.5, 2.0, -1.0, 0.0)],
)
def test_the_surrogate_is_clipped_only_where_clipping_is_the_pessimist(
    ratio: float, advantage: float, loss: float, clipped: float
) -> None:
    one = torch.ones(1, 1)
    found = policy_loss(one * math.log(ratio), one * 0, one * advantage, one, clip_range=0.2, weight=1.0)
    assert float(found.loss) == pytest.approx(loss)
    assert float(found.clip_fraction) == clipped
    assert float(found.approximate_kl) == pytest.approx(ratio - 1 - math.log(ratio))


def test_the_value_loss_takes_the_worse_of_clipped_and_unclipped() -> None:
    """V = 2, V_old = 1, R = 3, eps = 0.5: (2 - 3)^2 = 1 and (1.5 - 3)^2 = 2.25; half of the worse is 1.125."""
    one = torch.ones(1, 1)
    assert float(value_loss(2 * one, one, 3 * one, one, clip_range=0.5, weight=1.0)) == pytest.approx(1.125)


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
        rewards_BA = shape_rewards(reward_V[tokens_B], old_BA, reference_V[tokens_B, None], mask_BA, beta)
        advantages_BA, _ = estimate_advantages(rewards_BA, torch.zeros_like(rewards_BA), mask_BA, 1.0, 0.95)
        white_BA = whiten(advantages_BA, mask_BA, ALONE)
        for _ in range(2):
            new_BA = logits_V.log_softmax(-1)[tokens_B, None]
            found = policy_loss(new_BA, old_BA, white_BA, mask_BA, clip_range=0.2, weight=1 / 512)
            optimizer.zero_grad()
            found.loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
    torch.testing.assert_close(logits_V.detach().softmax(-1), (reward_V / beta).softmax(-1), atol=0.08, rtol=0)


def test_dpo_at_the_reference_is_a_coin_toss_and_its_gradient_prefers_the_chosen() -> None:
    chosen, rejected = torch.tensor([-3.0, -9.0], requires_grad=True), torch.tensor([-2.0, -1.0], requires_grad=True)
    found = dpo_loss(chosen, rejected, chosen.detach(), rejected.detach(), beta=0.5, weight=0.5)
    assert float(found.loss.detach()) == pytest.approx(math.log(2))
    for_chosen, for_rejected = torch.autograd.grad(found.loss, [chosen, rejected])
    assert for_chosen.tolist() == pytest.approx([-0.125] * 2) and for_rejected.tolist() == pytest.approx([0.125] * 2)


def test_dpo_equals_the_hand_computed_case() -> None:
    """Margins 0.1 (2 - 1) = 0.1 and 0.1 (0 - 3) = -0.3: -ln sigmoid is 0.6444 and 0.8544."""
    logps = (
        torch.tensor([-1.0, -5.0]),
        torch.tensor([-4.0, -2.0]),
        torch.tensor([-3.0, -5.0]),
        torch.tensor([-5.0, -5.0]),
    )
    found = dpo_loss(*logps, beta=0.1, weight=0.5)
    assert float(found.loss) == pytest.approx((0.64440 + 0.85436) / 2, abs=1e-4)
    assert float(found.margin) == pytest.approx(-0.1)
    assert float(found.accuracy) == 0.5
