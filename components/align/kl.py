"""The penalty that holds a policy near the sft model, and what its coefficient does.

Shapes: B responses, A actions. Action a is the choice of response token a; `mask_BA` is 1.0 where a response has
one that was chosen, its end token included, and 0.0 elsewhere.
Source: Ziegler et al. 2019 (arXiv 1909.08593).
"""

from typing import assert_never

import torch
from torch import Tensor

from components.align.config import AdaptiveKl, FixedKl


def shape_rewards(
    scores_B: Tensor, logprobs_BA: Tensor, reference_BA: Tensor, mask_BA: Tensor, kl_coefficient: float
) -> Tensor:
    """Per-action reward: -beta (ln pi - ln pi_ref) everywhere, plus the score at the last action.

    Ziegler et al. 2019, equation 2, with the sum of the penalty spread over the tokens it comes from.
    """
    rewards_BA = -kl_coefficient * (logprobs_BA - reference_BA) * mask_BA
    last_B = find_last_action(mask_BA)
    rows = torch.arange(len(scores_B), device=scores_B.device)
    return rewards_BA.index_put((rows, last_B), scores_B.to(rewards_BA.dtype), accumulate=True)


def find_last_action(mask_BA: Tensor) -> Tensor:
    """Index of each response's last action, [B]."""
    positions = torch.arange(mask_BA.shape[1], device=mask_BA.device)
    return (mask_BA * (positions + 1)).argmax(1)


def steer_coefficient(cfg: FixedKl | AdaptiveKl, coefficient: float, kl: float, responses: int) -> float:
    """The coefficient of the next iteration, after one of so many responses and so many nats a response."""
    match cfg:
        case FixedKl():
            return coefficient
        case AdaptiveKl():
            return adapt_coefficient(coefficient, kl, target=cfg.target, horizon=cfg.horizon, responses=responses)
        case _:
            assert_never(cfg)


def adapt_coefficient(coefficient: float, kl: float, *, target: float, horizon: int, responses: int) -> float:
    """One step of the proportional controller of Ziegler et al. 2019, section 2.2.

    e = clip((KL - target) / target, -0.2, 0.2);  beta <- beta (1 + e * responses / horizon).
    """
    error = max(-0.2, min(0.2, (kl - target) / target))
    return coefficient * (1.0 + error * responses / horizon)
