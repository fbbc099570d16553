"""How much better an action was than expected, from rewards and values.

Shapes: B responses, A actions. Action a is the choice of response token a; `mask_BA` is 1.0 where a response has
one that was chosen, its end token included, and 0.0 elsewhere: beyond its end, and where a tool wrote.
Source: Schulman et al. 2016 (GAE, arXiv 1506.02438).
"""

import torch
from torch import Tensor

from components.parallel.mesh import Mesh


def estimate_advantages(
    rewards_BA: Tensor, values_BA: Tensor, mask_BA: Tensor, gamma: float, lam: float
) -> tuple[Tensor, Tensor]:
    """Generalised advantage estimation and the returns it implies, both [B, A] and zero off the response.

    delta_a = r_a + gamma V_{a+1} - V_a;  A_a = delta_a + gamma lam A_{a+1};  return = A + V  (equations 11-16).
    The value after the last action is zero: a response ends its episode. Tokens of a tool between two actions are a
    part of how the world answers the first of them: they have no value and no credit.
    """
    values_BA = values_BA * mask_BA
    advantages_BA = torch.zeros_like(rewards_BA)
    next_value_B = next_advantage_B = torch.zeros_like(rewards_BA[:, 0])
    for action in reversed(range(rewards_BA.shape[1])):
        delta_B = rewards_BA[:, action] + gamma * next_value_B - values_BA[:, action]
        chosen_B = mask_BA[:, action].bool()
        next_advantage_B = torch.where(chosen_B, delta_B + gamma * lam * next_advantage_B, next_advantage_B)
        next_value_B = torch.where(chosen_B, values_BA[:, action], next_value_B)
        advantages_BA[:, action] = next_advantage_B * mask_BA[:, action]
    return advantages_BA, advantages_BA + values_BA


def whiten(values_BA: Tensor, mask_BA: Tensor, mesh: Mesh) -> Tensor:
    """Shift and scale to zero mean and unit variance over all workers' actions; zero off the response."""
    kept = (values_BA * mask_BA).double()
    sums = mesh.sum_losses(torch.stack([kept.sum(), (kept**2).sum(), mask_BA.double().sum()]))
    mean = sums[0] / sums[2]
    variance = (sums[1] / sums[2] - mean**2).float()
    return (values_BA - mean.float()) * torch.rsqrt(variance + 1e-8) * mask_BA


def explained_variance(values_BA: Tensor, returns_BA: Tensor, mask_BA: Tensor) -> Tensor:
    """1 - Var(R - V) / Var(R) over the actions that count: 1 is perfect, 0 no better than the mean."""
    kept = mask_BA.bool()
    returns, errors = returns_BA[kept], (returns_BA - values_BA)[kept]
    return 1.0 - errors.var(unbiased=False) / returns.var(unbiased=False).clamp_min(1e-8)
