"""Products of rows that are rounded on the fly with INT8 weights: exact 32-bit integers, however they are made.

Integer sums are exact, so a row's result does not depend on the rows it shares a batch with, nor on which kernel made
it. Large weights are also held in oneDNN's own layout, up to twice as fast for several rows at the price of their bytes
once more, where the processor's products of that layout are seen to be exact.

Shapes: N tokens (all leading dimensions together), I inputs, O outputs.
"""

import threading
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from functools import cache

import torch
from torch import Tensor, nn
from torch.utils.weak import WeakTensorKeyDictionary

LARGEST = 127
SMALLEST_SCALE = 1e-12
FEW_ROWS = 16
CUDA_LEAST_ROWS = 32
OFFSET = 128
"""oneDNN multiplies fast what has no sign; it takes this off again, in integers."""
PACKED_LEAST = 1 << 19
"""Weights in a matrix that is packed; a smaller one is multiplied before oneDNN has made its product ready."""
TRIAL_INPUTS = 192

# A Python number becomes a tensor at every use, and that costs as much as the operation on a few rows.
_LARGEST, _SMALLEST_SCALE = torch.tensor(float(LARGEST)), torch.tensor(SMALLEST_SCALE)
_OFFSET = torch.tensor(OFFSET, dtype=torch.uint8)

_packed: MutableMapping[Tensor, tuple[int, Tensor]] = WeakTensorKeyDictionary()
"""Of each weight, the version that was packed, and the packed form: no state of a model, so models copy and save."""


def quantize_rows(x_NI: Tensor) -> tuple[Tensor, Tensor]:
    """Round each row to int8 in [-127, 127]; returns (int8 rows, fp32 scale of each row, [N, 1])."""
    x_NI = x_NI.float()
    # On CPU, abs and amax are ten times as fast as one infinity norm over the last dimension.
    size_NI = x_NI.abs()
    scale_N1 = size_NI.amax(dim=-1, keepdim=True).div_(_LARGEST).clamp_min_(_SMALLEST_SCALE)
    return torch.div(x_NI, scale_N1, out=size_NI).round_().to(torch.int8), scale_N1


def multiply_int8(x_NI: Tensor, weight_OI: Tensor) -> Tensor:
    """Exact int32 product x @ weight.T, [N, O], contiguous."""
    rows = x_NI.shape[0]
    if x_NI.is_cuda and rows < CUDA_LEAST_ROWS:  # cuBLASLt takes no INT8 matrix of 16 rows or fewer
        padded = nn.functional.pad(x_NI, (0, 0, 0, CUDA_LEAST_ROWS - rows))
        return torch._int_mm(padded, weight_OI.t())[:rows]
    if rows <= FEW_ROWS:  # on CPU the large matrix streams about 1.6x faster as the left operand
        return torch._int_mm(weight_OI, x_NI.t()).t().contiguous()
    return torch._int_mm(x_NI, weight_OI.t())


@contextmanager
def unrounded_activations() -> Iterator[None]:
    """Let INT8 layers multiply activations as they are, for the block: their weights alone are rounded then.

    What a rounded activation becomes may turn on the last bit of a float, and a model of many layers makes much of it:
    two texts that should come out equal could not be told from two that should not.
    """
    _rounding.activations = False
    try:
        yield
    finally:
        _rounding.activations = True


class _Rounding(threading.local):
    activations = True


_rounding = _Rounding()


def multiply_scaled(x_NI: Tensor, weight_OI: Tensor, scale_O: Tensor, *, lasting: bool = True) -> Tensor:
    """x @ (weight * scale).T in float32, [N, O], by integers inside.

    `lasting` weights may be packed, once; a slice that is made for this call may not.
    """
    if not _rounding.activations:
        return x_NI.float() @ (weight_OI.float() * scale_O[:, None]).t()
    rows_NI, scale_N1 = quantize_rows(x_NI)
    # A single row is bound by reading the weights, and the plain kernel starts in a quarter of the time.
    packed = _find_packed(weight_OI) if lasting and x_NI.is_cpu and x_NI.shape[0] > 1 else None
    if packed is None:
        product_NO = multiply_int8(rows_NI, weight_OI).float()
    else:
        product_NO = _multiply_packed(rows_NI, packed, *_find_units(weight_OI.shape[0]))
    return product_NO.mul_(scale_N1).mul_(scale_O)


def _find_packed(weight_OI: Tensor) -> Tensor | None:
    """The weight in oneDNN's layout, made anew when it has been written to; None where that is of no use."""
    if weight_OI.numel() < PACKED_LEAST or not multiplies_packed() or weight_OI.is_inference():
        return None
    known = _packed.get(weight_OI)
    if known is None or known[0] != weight_OI._version:
        known = (weight_OI._version, torch.ops.onednn.qlinear_prepack(weight_OI, None))
        _packed[weight_OI] = known
    return known[1]


def _multiply_packed(x_NI: Tensor, packed: Tensor, one_O: Tensor, zero_O: Tensor) -> Tensor:
    unsigned_NI = x_NI.view(torch.uint8).bitwise_xor_(_OFFSET)
    product_NO: Tensor = torch.ops.onednn.qlinear_pointwise(
        unsigned_NI, 1.0, OFFSET, packed, one_O, zero_O, None, 1.0, 0, torch.float32, "none", [], ""
    )
    return product_NO


@cache
def _find_units(outputs: int) -> tuple[Tensor, Tensor]:
    with torch.inference_mode(False):
        return torch.ones(outputs), torch.zeros(outputs, dtype=torch.int32)


@cache
def multiplies_packed() -> bool:
    """Whether this processor and this torch have products of packed weights, and they are exact at the extremes.

    Processors without VNNI add pairs of products in 16 bits, which saturate.
    """
    if not hasattr(torch.ops.onednn, "qlinear_prepack"):
        return False
    with torch.inference_mode(False):
        x_NI = torch.full((4, TRIAL_INPUTS), LARGEST, dtype=torch.int8)
        x_NI[1:] = torch.arange(3 * TRIAL_INPUTS).remainder_(2 * LARGEST + 1).sub_(LARGEST).view(3, -1)
        weight_OI = torch.cat([x_NI, -x_NI, x_NI.flip(1)] * 4)
        exact_NO = multiply_int8(x_NI, weight_OI).float()
        try:
            packed = torch.ops.onednn.qlinear_prepack(weight_OI, None)
            found_NO = _multiply_packed(x_NI.clone(), packed, *_find_units(len(weight_OI)))
        except RuntimeError:  # built without the operator's kernel
            return False
        return torch.equal(found_NO, exact_NO)
