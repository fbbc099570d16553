"""What units of several rooms stand on."""

from collections.abc import Iterator

import pytest
import torch.distributed as dist
from torch._C._distributed_c10d import HashStore

from components.parallel import fsdp
from components.parallel.config import FsdpConfig
from components.parallel.mesh import Mesh, build_mesh


@pytest.fixture
def mesh(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mesh]:
    """Of one worker, over which each layer of a model is a unit of its own, however small."""
    monkeypatch.setattr(fsdp, "SMALL_PARAMETERS", 0)
    dist.init_process_group("gloo", store=HashStore(), rank=0, world_size=1)
    yield build_mesh(FsdpConfig(kind="fsdp"))
    dist.destroy_process_group()
