"""FSDP2: shard a model's parameters over the workers that share its data, and gather them again."""

import torch
from torch import nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor

from components.base.errors import PipelineError
from components.model.capabilities import find_layers
from components.parallel.device import find_device
from components.parallel.mesh import Mesh

SMALL_PARAMETERS = 4_000_000
"""Up to this size a model is gathered whole: 16 MB in float32."""


def shard_model(model: nn.Module, mesh: Mesh, *, param_dtype: torch.dtype | None = None) -> nn.Module:
    """Apply `fully_shard` to every layer of the model's stacks, then to the rest; gradients are reduced in float32.

    A small model is one unit: gathering its layers one by one would cost more time than it saves memory.
    Raises PipelineError if a parameter is not a DTensor afterwards: sharding is never silently absent.
    """
    assert mesh.shard_mesh is not None, "nothing to shard over"
    policy = MixedPrecisionPolicy(param_dtype=param_dtype, reduce_dtype=torch.float32)
    model.to(find_device())
    if sum(p.numel() for p in model.parameters()) > SMALL_PARAMETERS:
        for layer in find_layers(model):
            fully_shard(layer, mesh=mesh.shard_mesh, mp_policy=policy)
    fully_shard(model, mesh=mesh.shard_mesh, mp_policy=policy)
    stray = [name for name, p in model.named_parameters() if not isinstance(p, DTensor)]
    if stray:
        raise PipelineError(f"FSDP left parameters unsharded: {', '.join(stray[:5])}")
    return model


def gather_state(model: nn.Module, *, on_every_rank: bool = False) -> dict[str, torch.Tensor]:
    """The whole model's state in full tensors, a collective: on rank 0 only and on the CPU, or on every rank."""
    options = StateDictOptions(full_state_dict=True, cpu_offload=not on_every_rank)
    state = get_model_state_dict(model, options=options)
    return {name: value for name, value in state.items() if isinstance(value, torch.Tensor)}
