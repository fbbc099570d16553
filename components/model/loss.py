"""Next-token cross-entropy.

Shapes: B sequences, T positions, V vocabulary.
"""

import torch
from torch import Tensor


def sum_token_loss(logits_BTV: Tensor, targets_BT: Tensor) -> Tensor:
    """Sum over all positions of -ln p(target), in nats, computed in float32."""
    return torch.nn.functional.cross_entropy(logits_BTV.float().flatten(0, 1), targets_BT.flatten(), reduction="sum")
