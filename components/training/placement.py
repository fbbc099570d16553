"""Where a Hugging Face trainer's model lies: whole on a worker that is alone, else FSDP2 over all of them, not DDP.

The trainer is told that its model came sharded; it then leaves placement and the reduction of gradients to it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.distributed import DistributedConfig

from components.parallel.fsdp import allocate, shard_model
from components.parallel.mesh import Mesh, build_mesh
from components.training.config import FineTuningConfig
from components.training.fine_tuning import FineTuningJob


def place_model(model: nn.Module, job: FineTuningJob[Any], training: FineTuningConfig) -> Mesh:
    """Shard a model, of which nothing is on the meta device afterwards; returns over whom. A collective."""
    mesh = build_mesh(job.cluster.parallel)
    if mesh.data_world == 1:  # one unit of one worker would cost time and save nothing
        allocate(model)
        return mesh
    param_dtype = torch.bfloat16 if training.precision == "bf16" else None
    shard_model(model, mesh, param_dtype=param_dtype, recompute=job.cluster.activation_checkpointing)
    return mesh


@contextmanager
def told_of_sharding(model: Any, mesh: Mesh) -> Iterator[None]:
    """While the block runs, a trainer that is made of the model takes it as sharded; its config is as before then."""
    if mesh.data_world == 1:
        yield
        return
    plain: PreTrainedModel = model.get_base_model() if hasattr(model, "get_base_model") else model
    plain._is_distributed_loading_by_transformers = True
    plain._is_fsdp_managed_module = True
    plain.config.distributed_config = DistributedConfig(fsdp_size=mesh.data_world)
    try:
        yield
    finally:
        del plain.config.distributed_config  # it is not a fact of the model, and would be written with it
