"""Three operations with their gradients written out: fewer passes over memory than autograd's own make.

A compiler fuses the plain formulas better, so it is given those. Sources: RMSNorm, Zhang & Sennrich 2019
(arXiv 1910.07467), eq. 4; rotation, Su et al. 2021 (arXiv 2104.09864), eq. 15; SwiGLU, Shazeer 2020 (arXiv 2002.05202),
eq. 5.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import silu


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """x / rms(x) * weight over the last dimension; same shape and dtype as x, statistics in float32 or better."""
    if torch.compiler.is_compiling():
        return torch.nn.functional.rms_norm(x, x.shape[-1:], weight, eps)
    normal: Tensor = _RMSNorm.apply(x, weight, eps)  # type: ignore[no-untyped-call]
    return normal


def rotate(x_BTHD: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turn each pair (i, i + D / 2) by its angle, as Llama pairs them; the result has the angles' precision."""
    if torch.compiler.is_compiling():
        first, second = x_BTHD.chunk(2, dim=-1)
        return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)
    turned: Tensor = _Rotate.apply(x_BTHD, cos, sin)  # type: ignore[no-untyped-call]
    return turned


def swiglu(x: Tensor) -> Tensor:
    """silu(gate) * value, where gate and value are the halves of the last dimension."""
    if torch.compiler.is_compiling():
        gate, value = x.chunk(2, dim=-1)
        return silu(gate) * value
    gated: Tensor = _SwiGLU.apply(x)  # type: ignore[no-untyped-call]
    return gated


class _RMSNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, eps: float) -> Tensor:
        precise = x.to(torch.promote_types(x.dtype, torch.float))
        length = torch.linalg.vector_norm(precise, dim=-1, keepdim=True)
        scale = (length.square_() / x.shape[-1]).add_(eps).rsqrt_()
        normal = (precise * scale).to(x.dtype)
        ctx.save_for_backward(normal, weight, scale)
        scaled: Tensor = normal * weight.to(x.dtype)
        return scaled

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None]:
        normal, weight, scale = ctx.saved_tensors
        grad = grads[0]
        product = (grad * normal).flatten(0, -2)
        grad_weight = product.sum(0)
        along = (product @ weight.to(product.dtype)).view(scale.shape) / grad.shape[-1]
        grad_x = (grad * weight.to(grad.dtype)).addcmul_(normal, along.to(grad.dtype), value=-1)
        return grad_x.mul_(scale.to(grad.dtype)), grad_weight.to(weight.dtype), None


class _Rotate(torch.autograd.Function):
    """The gradient of a rotation is the rotation back, so no input is kept."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        ctx.save_for_backward(cos, sin)
        ctx.dtype = x.dtype
        return _turn(x, cos, sin)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None]:
        cos, sin = ctx.saved_tensors
        return _turn(grads[0], cos, -sin).to(ctx.dtype), None, None


def _turn(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    out = torch.empty(x.shape, dtype=torch.promote_types(x.dtype, cos.dtype), device=x.device)
    first, second = x.to(out.dtype).chunk(2, dim=-1)
    turned_first, turned_second = out.chunk(2, dim=-1)
    torch.mul(first, cos, out=turned_first).addcmul_(second, sin, value=-1)
    torch.mul(second, cos, out=turned_second).addcmul_(first, sin)
    return out


class _SwiGLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        gate, value = x.chunk(2, dim=-1)
        ctx.save_for_backward(x)
        return silu(gate).mul_(value)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        grad = grads[0]
        gate, value = x.chunk(2, dim=-1)
        out = torch.empty_like(x)
        grad_gate, grad_value = out.chunk(2, dim=-1)
        torch.mul(silu(gate), grad, out=grad_value)
        torch.ops.aten.silu_backward.grad_input(grad * value, gate, grad_input=grad_gate)
        return out
