"""Next-token cross-entropy and what routers add to it.

Shapes: B sequences, T positions, C width, V vocabulary.
"""

from typing import Any

import torch
from torch import Tensor

from components.model.cross_entropy import linear_cross_entropy
from components.model.masks import IGNORED


def sum_token_loss(logits_BTV: Tensor, targets_BT: Tensor) -> Tensor:
    """Sum over all positions with a target (not -100) of -ln p(target), in nats, computed in float32."""
    precise = logits_BTV.to(torch.promote_types(logits_BTV.dtype, torch.float))
    return torch.nn.functional.cross_entropy(precise.flatten(0, 1), targets_BT.flatten(), reduction="sum")


def measure_loss(
    model: Any,
    hidden_BTC: Tensor,
    logits_BTV: Tensor | None,
    targets_BT: Tensor,
    router_losses_2: Tensor | None,
    num_items: Tensor | int | None,
) -> Tensor:
    """Cross-entropy, and in training the weighted router losses, as a mean over targets or a sum over `num_items`."""
    if logits_BTV is None:
        total = linear_cross_entropy(hidden_BTC.flatten(0, 1), model.lm_head.weight, targets_BT.flatten())
    else:
        total = sum_token_loss(logits_BTV, targets_BT)
    count = (targets_BT != IGNORED).sum().clamp(min=1)
    if router_losses_2 is not None and model.training:
        config = model.config
        balance, router_z = router_losses_2.unbind()
        added = config.balance_coefficient * balance + config.router_z_coefficient * router_z
        total = total + count * added
    return total / (count if num_items is None else num_items)
