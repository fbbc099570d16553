"""What is minimised: tensors in, tensors out, nothing else.

Shapes: B responses, A actions. Action a is the choice of response token a; `mask_BA` is 1.0 where a
response has one, its end token included, and 0.0 elsewhere.
Sources: Schulman et al. 2017 (PPO, arXiv 1707.06347), Huang et al. 2024 (the N+ details, arXiv 2403.17031),
Rafailov et al. 2023 (DPO, arXiv 2305.18290).
"""

from typing import NamedTuple

import torch
from torch import Tensor


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


class PreferenceLoss(NamedTuple):
    """A loss over pairs and what to watch beside it."""

    loss: Tensor
    margin: Tensor
    """Implicit reward of the chosen answers above that of the rejected ones."""
    accuracy: Tensor
    """Share of pairs whose margin is above zero."""


def dpo_loss(
    chosen_B: Tensor,
    rejected_B: Tensor,
    reference_chosen_B: Tensor,
    reference_rejected_B: Tensor,
    *,
    beta: float,
    weight: float,
) -> PreferenceLoss:
    """-E[log sigmoid(beta (ln pi/pi_ref (chosen) - ln pi/pi_ref (rejected)))] (Rafailov et al. 2023, equation 7).

    Each argument is ln p of a whole answer, [B pairs]; sums over pairs times `weight`: one over the global batch.
    """
    margin_B = beta * ((chosen_B - reference_chosen_B) - (rejected_B - reference_rejected_B))
    loss_B = -torch.nn.functional.logsigmoid(margin_B)
    return PreferenceLoss(loss_B.sum() * weight, margin_B.sum() * weight, (margin_B > 0).float().sum() * weight)
