"""FSDP2: shard a Hugging Face model's parameters over all training workers, and gather them again."""

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor

from components.base.errors import PipelineError

SMALL_PARAMETERS = 4_000_000
"""Up to this size a model is gathered whole: 16 MB in float32."""


def find_device() -> torch.device:
    """The accelerator that Ray gave this worker, or the CPU."""
    return torch.device("cuda", torch.cuda.current_device()) if torch.cuda.is_available() else torch.device("cpu")


def shard_model(model: nn.Module, *, param_dtype: torch.dtype | None = None) -> nn.Module:
    """Apply `fully_shard` to every decoder layer, then to the rest; gradients are reduced in float32.

    A small model is one unit: gathering its layers one by one would cost more time than it saves memory.
    Raises PipelineError if a parameter is not a DTensor afterwards: sharding is never silently absent.
    """
    device = find_device()
    mesh = init_device_mesh(device.type, (dist.get_world_size(),))
    policy = MixedPrecisionPolicy(param_dtype=param_dtype, reduce_dtype=torch.float32)
    model.to(device)
    if sum(p.numel() for p in model.parameters()) > SMALL_PARAMETERS:
        for layer in find_layers(model):
            fully_shard(layer, mesh=mesh, mp_policy=policy)
    fully_shard(model, mesh=mesh, mp_policy=policy)
    stray = [name for name, p in model.named_parameters() if not isinstance(p, DTensor)]
    if stray:
        raise PipelineError(f"FSDP left parameters unsharded: {', '.join(stray[:5])}")
    return model


def find_layers(model: nn.Module) -> nn.ModuleList:
    """The model's decoder layers: its longest ModuleList."""
    lists = [module for module in model.modules() if isinstance(module, nn.ModuleList)]
    if not lists:
        raise PipelineError(f"{type(model).__name__} has no list of layers to shard")
    return max(lists, key=len)


def gather_state(model: nn.Module, *, on_every_rank: bool = False) -> dict[str, torch.Tensor]:
    """The whole model's state in full tensors, a collective: on rank 0 only and on the CPU, or on every rank."""
    options = StateDictOptions(full_state_dict=True, cpu_offload=not on_every_rank)
    state = get_model_state_dict(model, options=options)
    return {name: value for name, value in state.items() if isinstance(value, torch.Tensor)}


def clip_gradients(model: nn.Module, max_norm: float) -> float:
    """Clip the global L2 norm of the gradients in place; returns the norm before clipping."""
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    full = norm.full_tensor() if isinstance(norm, DTensor) else norm
    return float(full)
