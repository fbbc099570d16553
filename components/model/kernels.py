"""Three operations with their gradients written out: fewer passes over memory than autograd's own make.

Under `torch.compile` they are traced like anything else. Sources: RMSNorm, Zhang & Sennrich 2019 (arXiv 1910.07467),
eq. 4; rotation, Su et al. 2021 (arXiv 2104.09864), eq. 15; SwiGLU, Shazeer 2020 (arXiv 2002.05202), eq. 5.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import silu


class RMSNormalise(torch.autograd.Function):
    """x / rms(x) * weight over the last dimension."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, eps: float) -> Tensor:
        """Same shape and dtype as x; statistics in float32 or better."""
        precise = x.to(torch.promote_types(x.dtype, torch.float))
        length = torch.linalg.vector_norm(precise, dim=-1, keepdim=True)
        scale = (length.square_() / x.shape[-1]).add_(eps).rsqrt_()
        normal = (precise * scale).to(x.dtype)
        ctx.save_for_backward(normal, weight, scale)
        return normal * weight.to(x.dtype)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        """Gradients of x and of the weight."""
        normal, weight, scale = ctx.saved_tensors
        grad = grads[0]
        product = (grad * normal).flatten(0, -2)
        grad_weight = product.sum(0)
        along = (product @ weight.to(product.dtype)).view(scale.shape) / grad.shape[-1]
        grad_x = (grad * weight.to(grad.dtype)).addcmul_(normal, along.to(grad.dtype), value=-1)
        return grad_x.mul_(scale.to(grad.dtype)), grad_weight.to(weight.dtype), None


class Rotate(torch.autograd.Function):
    """Each pair (i, i + D / 2) turned by its angle; the gradient is the rotation back, so no input is kept."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Same shape as x, in the better precision of x and the angles."""
        ctx.save_for_backward(cos, sin)
        ctx.dtype = x.dtype
        return _turn(x, cos, sin)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        """Gradient of x; angles have none."""
        cos, sin = ctx.saved_tensors
        return _turn(grads[0], cos, -sin).to(ctx.dtype), None, None


def _turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    out = torch.empty(x.shape, dtype=torch.promote_types(x.dtype, cos.dtype), device=x.device)
    first, second = x.to(out.dtype).chunk(2, dim=-1)
    turned_first, turned_second = out.chunk(2, dim=-1)
    torch.mul(first, cos, out=turned_first).addcmul_(second, sin, value=-1)
    torch.mul(second, cos, out=turned_second).addcmul_(first, sin)
    return out


class SwiGLU(torch.autograd.Function):
    """silu(gate) * value, where gate and value are the halves of the last dimension."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """Half as wide as x."""
        gate, value = x.chunk(2, dim=-1)
        ctx.save_for_backward(x)
        return silu(gate).mul_(value)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        """Gradient of both halves, written side by side at once."""
        (x,) = ctx.saved_tensors
        grad = grads[0]
        gate, value = x.chunk(2, dim=-1)
        out = torch.empty_like(x)
        grad_gate, grad_value = out.chunk(2, dim=-1)
        torch.mul(silu(gate), grad, out=grad_value)
        torch.ops.aten.silu_backward.grad_input(grad * value, gate, grad_input=grad_gate)
        return out
