"""A worker's place: which part of a batch is its own, and over whom a loss is added up."""

from collections.abc import Iterator

import pytest
import torch
import torch.distributed as dist
from torch._C._distributed_c10d import HashStore
from torch.testing._internal.distributed.fake_pg import FakeStore

from components.parallel.config import FsdpConfig
from components.parallel.mesh import ALONE, build_mesh

FSDP = FsdpConfig(kind="fsdp")


@pytest.fixture
def third_of_four() -> Iterator[None]:
    dist.init_process_group("fake", store=FakeStore(), rank=2, world_size=4)
    yield
    dist.destroy_process_group()


@pytest.fixture
def single() -> Iterator[None]:
    dist.init_process_group("gloo", store=HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


@pytest.mark.usefixtures("third_of_four")
def test_under_fsdp_every_worker_reads_data_of_its_own() -> None:
    mesh = build_mesh(FSDP)
    assert (mesh.data_rank, mesh.data_world, mesh.is_first) == (2, 4, False)
    assert mesh.loss_group is not None and mesh.loss_group.size() == 4


@pytest.mark.usefixtures("single")
def test_a_single_worker_s_sums_and_maxima_are_its_own() -> None:
    mesh = build_mesh(FSDP)
    assert (mesh.data_rank, mesh.data_world, mesh.is_first) == (0, 1, True)
    assert mesh.sum_numbers([1.0, 2.5]) == 3.5
    assert float(mesh.find_largest(torch.tensor(4.0))) == 4.0
    assert mesh.gather("mine") == ["mine"]
    assert mesh.scatter(["mine"]) == "mine"


def test_a_process_that_shares_nothing_needs_no_process_group() -> None:
    assert (ALONE.data_rank, ALONE.data_world, ALONE.is_first) == (0, 1, True)
    assert float(ALONE.sum_losses(torch.tensor(3.0))) == 3.0
    assert float(ALONE.find_largest(torch.tensor(3.0))) == 3.0
    assert ALONE.scatter(ALONE.gather("mine")) == "mine"
    ALONE.wait_for_all()
