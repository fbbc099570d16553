"""Who a worker is among all: which ones share the data, and over which a loss is reduced.

A global rank answers neither: under tensor or pipeline parallelism several ranks read one batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar, assert_never, cast

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh

from components.parallel.config import FsdpConfig, ParallelConfig
from components.parallel.device import find_device

T = TypeVar("T")
DATA = "data"
"""Name of the mesh dimension along which batches are split and parameters sharded."""


@dataclass(frozen=True)
class Mesh:
    """This worker's place. Ask it, never `torch.distributed`, for anything that depends on the layout."""

    shard_mesh: DeviceMesh | None
    """Over whom parameters are sharded (the last dimension) and copied (one before it); None for nobody."""
    data_rank: int
    """Which part of each batch is this worker's."""
    data_world: int
    """How many parts a batch has."""
    loss_group: dist.ProcessGroup | None
    """The workers whose losses make up the batch's."""
    is_first: bool
    """The one worker of all that writes files."""

    def sum_losses(self, share: Tensor) -> Tensor:
        """Add up a number of every part of the batch in place: a collective."""
        if self.loss_group is not None:
            dist.all_reduce(share, group=self.loss_group)
        return share

    def sum_numbers(self, values: Sequence[float]) -> float:
        """The sum of all workers' numbers, in float64: a collective."""
        # NCCL reduces nothing on a CPU.
        return float(self.sum_losses(torch.tensor(sum(values), dtype=torch.float64, device=find_device())))

    def find_largest(self, value: Tensor) -> Tensor:
        """The largest of a number of every part of the batch, in place: a collective."""
        if self.loss_group is not None:
            dist.all_reduce(value, op=dist.ReduceOp.MAX, group=self.loss_group)
        return value

    def gather(self, value: T) -> list[T] | None:
        """The values of every part of the batch in their order, for the first worker alone: a collective."""
        if self.loss_group is None:
            return [value]
        found: list[T] | None = [value] * self.data_world if self.is_first else None
        dist.gather_object(value, found, group=self.loss_group, group_dst=0)
        return found

    def scatter(self, values: Sequence[T] | None) -> T:
        """This part's of the values that the first worker has, in the order of the parts: a collective."""
        if self.loss_group is None:
            assert values is not None
            return values[0]
        found: list[T | None] = [None]
        dist.scatter_object_list(found, None if values is None else list(values), group=self.loss_group, group_src=0)
        return cast(T, found[0])

    def wait_for_all(self) -> None:
        """Return once every worker is here."""
        if self.loss_group is not None:
            dist.barrier()


ALONE = Mesh(shard_mesh=None, data_rank=0, data_world=1, loss_group=None, is_first=True)
"""A process that shares nothing: a stage's own, with a finished model."""


def build_mesh(cfg: ParallelConfig) -> Mesh:
    """The mesh of a layout over all workers of the process group; a collective."""
    is_first = dist.get_rank() == 0
    match cfg:
        case FsdpConfig():
            devices = init_device_mesh(find_device().type, (dist.get_world_size(),), mesh_dim_names=(DATA,))
            return Mesh(devices, devices.get_local_rank(DATA), devices.size(), devices.get_group(DATA), is_first)
        case _:
            assert_never(cfg)
