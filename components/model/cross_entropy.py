"""Cross-entropy of a linear head, from hidden states straight to the loss.

The logits of a few rows exist at a time, forward and backward at once, so the full [N, V] table never does
(Wijmans et al. 2024, "Cut Your Losses", arXiv 2411.09009, in its simplest form).
Shapes: N tokens, C width, V vocabulary.
"""

from typing import Any

import torch
from torch import Tensor

CHUNK_ENTRIES = 1 << 18
"""Logits computed at a time: 1 MB in float32 stays in a core's cache."""
LEAST_ROWS = 64
"""Rows computed at a time at least: of a large vocabulary the head itself is what is read again for each portion."""


def linear_cross_entropy(hidden_NC: Tensor, weight_VC: Tensor, targets_N: Tensor) -> Tensor:
    """Sum of -ln p(target) over all targets that are not -100, in nats; same gradients as through the full logits."""
    kind = hidden_NC.device.type
    if torch.is_autocast_enabled(kind):
        hidden_NC = hidden_NC.to(torch.get_autocast_dtype(kind))
    with torch.autocast(kind, enabled=False):
        weight_VC = weight_VC.to(hidden_NC.dtype)
        loss: Tensor = _LinearCrossEntropy.apply(hidden_NC, weight_VC, targets_N)  # type: ignore[no-untyped-call]
    return loss


class _LinearCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden_NC: Tensor, weight_VC: Tensor, targets_N: Tensor) -> Tensor:
        wanted, of_weight = ctx.needs_input_grad[0] or ctx.needs_input_grad[1], ctx.needs_input_grad[1]
        precise = torch.promote_types(hidden_NC.dtype, torch.float)
        grad_NC = torch.empty_like(hidden_NC) if wanted else None
        grad_VC = torch.zeros_like(weight_VC, dtype=precise) if of_weight else None
        total = hidden_NC.new_zeros((), dtype=precise)
        chunk = max(LEAST_ROWS, CHUNK_ENTRIES // weight_VC.shape[0])
        for start in range(0, len(hidden_NC), chunk):
            rows = slice(start, start + chunk)
            h, known = hidden_NC[rows], targets_N[rows] >= 0
            target = targets_N[rows].clamp(min=0)[:, None]
            logits = (h @ weight_VC.t()).to(precise)
            log_z = logits.logsumexp(-1, keepdim=True)
            total += ((log_z - logits.gather(-1, target)).squeeze(-1) * known).sum()
            if grad_NC is None:
                continue
            grad = (logits - log_z).exp_()
            grad.scatter_add_(-1, target, torch.full_like(log_z, -1.0))
            grad = (grad * known[:, None]).to(h.dtype)
            grad_NC[rows] = grad @ weight_VC
            if grad_VC is not None:
                grad_VC += grad.t() @ h
        if grad_NC is not None:
            ctx.save_for_backward(grad_NC, None if grad_VC is None else grad_VC.to(weight_VC.dtype))
        return total

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor | None, None]:
        grad_NC, grad_VC = ctx.saved_tensors
        scale = grads[0]
        of_weight = None if grad_VC is None else grad_VC * scale.to(grad_VC.dtype)
        return grad_NC * scale.to(grad_NC.dtype), of_weight, None
