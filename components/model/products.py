"""Float32 products without gradients by oneDNN, which torch asks only for shorter dtypes.

On processors that are not Intel's, torch's own library runs below their widest instructions: a whole decoding step of
a 135 M-parameter model took twice as long (docs/decisions.md).
"""

from functools import cache

import torch
from torch import Tensor, nn
from torch.nn import functional

LEAST_PRODUCTS = 3_000_000
"""Multiplications of a call below which its start costs more than it saves."""


class QuickLinear(nn.Linear):
    """An nn.Linear in all but speed, where no gradient is wanted; the sums may end in other last digits."""

    def forward(self, x: Tensor) -> Tensor:
        """x @ weight.T + bias over the last dimension."""
        weight, bias = self.weight, self.bias
        if (
            torch.is_grad_enabled()
            or x.dtype != torch.float32
            or weight.dtype != torch.float32
            or type(weight) is not nn.Parameter  # a shard of one is multiplied by who sharded it
            or not (x.is_cpu and weight.is_cpu)
            or x.numel() * weight.shape[0] < LEAST_PRODUCTS
            or torch.is_autocast_enabled("cpu")
            or not has_products()
        ):
            return functional.linear(x, weight, bias)
        product: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
        return product


def quicken(model: nn.Module) -> None:
    """Give every plain linear layer of a model the quick product; again is no error."""
    for module in model.modules():
        if type(module) is nn.Linear:
            module.__class__ = QuickLinear


@cache
def has_products() -> bool:
    """Whether this torch was built with the operator, and it multiplies."""
    if not hasattr(torch.ops.mkldnn, "_linear_pointwise"):
        return False
    x, weight = torch.arange(6.0).view(1, 2, 3), torch.arange(12.0).view(4, 3)
    try:
        found: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, None, "none", [], "")
    except RuntimeError:  # built without oneDNN
        return False
    return torch.allclose(found, functional.linear(x, weight))
