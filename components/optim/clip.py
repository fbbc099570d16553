"""Gradient clipping, of whole and of sharded parameters."""

import torch
from torch import nn
from torch.distributed.tensor import DTensor


def clip_gradients(model: nn.Module, max_norm: float) -> float:
    """Clip the global L2 norm of the gradients in place; returns the norm before clipping. A collective if sharded."""
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    return float(norm.full_tensor() if isinstance(norm, DTensor) else norm)
