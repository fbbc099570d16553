"""What an optimiser needs of a parameter that FSDP has spread over workers; one that is whole is its own only shard."""

from collections.abc import Sequence

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.tensor import DTensor, Replicate, Shard, zeros


def find_local(tensor: Tensor) -> Tensor:
    """This worker's part, in the same memory. For use without gradients."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def find_gradients(parameters: Sequence[Tensor]) -> list[Tensor]:
    """This worker's part of the gradient of each; all of them must have one."""
    return [find_local(parameter.grad) for parameter in parameters if parameter.grad is not None]


def sum_whole(local: Tensor, whole: Tensor, dims: tuple[int, ...]) -> Tensor:
    """Sum over `dims` (not negative) of the tensor that is cut like `whole` and of which `local` is a part.

    A collective where one of these dimensions is cut.
    """
    total = local.sum(dims)
    if isinstance(whole, DTensor):
        for axis, placement in enumerate(whole.placements):
            if isinstance(placement, Shard) and placement.dim in dims:
                dist.all_reduce(total, group=whole.device_mesh.get_group(axis))
    return total


def make_reduced_zeros(whole: Tensor, dim: int) -> Tensor:
    """Zeros in the shape of a sum over `dim` (not negative), cut like `whole` where that dimension is left."""
    shape = [size for axis, size in enumerate(whole.shape) if axis != dim]
    if not isinstance(whole, DTensor):
        return torch.zeros(shape, dtype=whole.dtype, device=whole.device)
    cut = [p.dim if isinstance(p, Shard) else dim for p in whole.placements]
    placements = [Replicate() if axis == dim else Shard(axis - (axis > dim)) for axis in cut]
    return zeros(shape, dtype=whole.dtype, device_mesh=whole.device_mesh, placements=placements)
