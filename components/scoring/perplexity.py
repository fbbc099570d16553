"""How much a text surprises a model: the mean over its tokens.

Shapes: B sequences, T positions.
"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from components.model.masks import IGNORED
from components.scoring.logprobs import score_targets

Batch = tuple[Mapping[str, Tensor], Tensor]
"""A model's inputs, and the targets [B, T] that its logits are held against; -100 asks for nothing."""


def sum_loss(model: Any, inputs: Mapping[str, Tensor], targets_BT: Tensor) -> Tensor:
    """The sum of -ln p over a batch's targets in nats, and how many they are: float64, [2]."""
    logprobs_BT = score_targets(model, inputs, targets_BT)
    return torch.stack([-logprobs_BT.double().sum(), (targets_BT != IGNORED).sum().double()])


@torch.no_grad()
def measure_loss(model: Any, batches: Iterable[Batch]) -> float:
    """Mean nats a target over all batches, summed in float64. Raises ValueError when there is no target."""
    total = torch.zeros(2, dtype=torch.float64, device=model.device)
    for inputs, targets_BT in batches:
        on_device = {name: tensor.to(model.device) for name, tensor in inputs.items()}
        total += sum_loss(model, on_device, targets_BT.to(model.device))
    loss, count = total.tolist()
    if not count:
        raise ValueError("no target to measure a loss on")
    return float(loss / count)


def convert_to_bits(loss_nats: float, tokens: int, text_bytes: int) -> float:
    """Bits that the model needs for a byte of text, whatever the tokenizer, from its mean nats a token."""
    return loss_nats * tokens / (math.log(2) * text_bytes)
