"""The formulas of PPO: tensors in, tensors out, nothing else.

Shapes: B responses, A actions, V vocabulary. Action a is the choice of response token a; `mask_BA` is 1.0 where a
response has one, its end token included, and 0.0 elsewhere.
Sources: Schulman et al. 2016 (GAE, arXiv 1506.02438), Schulman et al. 2017 (PPO, arXiv 1707.06347),
Ziegler et al. 2019 (arXiv 1909.08593), Huang et al. 2024 (the N+ details, arXiv 2403.17031).
"""

from typing import NamedTuple

import torch
from torch import Tensor


def token_entropy(logits_BAV: Tensor) -> Tensor:
    """Entropy of the distribution at every action, [B, A], in nats: ln Z - E[logit]."""
    log_z_BA = logits_BAV.logsumexp(-1)
    return log_z_BA - (logits_BAV.softmax(-1) * logits_BAV).sum(-1)


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


def estimate_advantages(
    rewards_BA: Tensor, values_BA: Tensor, mask_BA: Tensor, gamma: float, lam: float
) -> tuple[Tensor, Tensor]:
    """Generalised advantage estimation and the returns it implies, both [B, A] and zero off the response.

    delta_a = r_a + gamma V_{a+1} - V_a;  A_a = delta_a + gamma lam A_{a+1};  return = A + V  (equations 11-16).
    The value after the last action is zero: a response ends its episode.
    """
    values_BA = values_BA * mask_BA
    advantages_BA = torch.zeros_like(rewards_BA)
    next_value_B = next_advantage_B = torch.zeros_like(rewards_BA[:, 0])
    for action in reversed(range(rewards_BA.shape[1])):
        delta_B = rewards_BA[:, action] + gamma * next_value_B - values_BA[:, action]
        next_advantage_B = (delta_B + gamma * lam * next_advantage_B) * mask_BA[:, action]
        next_value_B = values_BA[:, action]
        advantages_BA[:, action] = next_advantage_B
    return advantages_BA, advantages_BA + values_BA


def masked_mean(values_BA: Tensor, mask_BA: Tensor) -> Tensor:
    """Mean over the actions that count."""
    return (values_BA * mask_BA).sum() / mask_BA.sum()


def whiten(values_BA: Tensor, mask_BA: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    """Shift and scale to zero mean and unit variance, given the moments over the global batch."""
    return (values_BA - mean) * torch.rsqrt(variance + 1e-8) * mask_BA


class PolicyLoss(NamedTuple):
    """The clipped surrogate and what to watch beside it."""

    loss: Tensor
    clip_fraction: Tensor
    approximate_kl: Tensor


def policy_loss(
    logprobs_BA: Tensor, old_BA: Tensor, advantages_BA: Tensor, mask_BA: Tensor, clip_range: float, weight: float
) -> PolicyLoss:
    """-E[min(r A, clip(r, 1 - eps, 1 + eps) A)] with r = pi / pi_old (Schulman et al. 2017, equation 7).

    Sums over actions times `weight`: one over the number of actions in the global minibatch.
    """
    ratio_BA = (logprobs_BA - old_BA).exp()
    clipped_BA = ratio_BA.clamp(1.0 - clip_range, 1.0 + clip_range)
    worst_BA = torch.minimum(ratio_BA * advantages_BA, clipped_BA * advantages_BA)
    is_clipped_BA = (clipped_BA * advantages_BA < ratio_BA * advantages_BA).float()
    log_ratio_BA = logprobs_BA - old_BA
    approximate_BA = log_ratio_BA.exp() - 1.0 - log_ratio_BA  # the k3 estimator: never negative
    return PolicyLoss(
        -(worst_BA * mask_BA).sum() * weight,
        (is_clipped_BA * mask_BA).sum() * weight,
        (approximate_BA * mask_BA).sum() * weight,
    )


def value_loss(
    values_BA: Tensor, old_BA: Tensor, returns_BA: Tensor, mask_BA: Tensor, clip_range: float, weight: float
) -> Tensor:
    """0.5 E[max((V - R)^2, (clip(V, V_old +- eps) - R)^2)]; summed over actions times `weight`."""
    clipped_BA = old_BA + (values_BA - old_BA).clamp(-clip_range, clip_range)
    worst_BA = torch.maximum((values_BA - returns_BA) ** 2, (clipped_BA - returns_BA) ** 2)
    return 0.5 * (worst_BA * mask_BA).sum() * weight


def explained_variance(values_BA: Tensor, returns_BA: Tensor, mask_BA: Tensor) -> Tensor:
    """1 - Var(R - V) / Var(R) over the actions that count: 1 is perfect, 0 no better than the mean."""
    kept = mask_BA.bool()
    returns, errors = returns_BA[kept], (returns_BA - values_BA)[kept]
    return 1.0 - errors.var(unbiased=False) / returns.var(unbiased=False).clamp_min(1e-8)


def adapt_kl_coefficient(coefficient: float, kl: float, *, target: float, horizon: int, responses: int) -> float:
    """One step of the proportional controller of Ziegler et al. 2019, section 2.2.

    e = clip((KL - target) / target, -0.2, 0.2);  beta <- beta (1 + e * responses / horizon).
    """
    error = max(-0.2, min(0.2, (kl - target) / target))
    return coefficient * (1.0 + error * responses / horizon)
