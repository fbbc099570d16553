"""FSDP2: shard a model's parameters over the workers that share its data, and gather them again."""

import copy
from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor, nn
from torch.distributed._composable.checkpoint_activation import checkpoint
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor
from torch.distributed.tensor._utils import compute_local_shape_and_global_offset

from components.base.errors import PipelineError
from components.model.capabilities import find_layers
from components.parallel.device import find_device
from components.parallel.mesh import Mesh

SMALL_PARAMETERS = 4_000_000
"""Up to this size a model is gathered whole: 16 MB in float32."""
PART_BYTES = 1 << 26
"""Of trained weights that are sent elsewhere at one time."""


def shard_model(
    model: nn.Module, mesh: Mesh, *, param_dtype: torch.dtype | None = None, recompute: bool = False
) -> nn.Module:
    """Apply `fully_shard` to every layer of the model's stacks, then to the rest; gradients are reduced in float32.

    A small model is one unit: gathering its layers one by one would cost more time than it saves memory.
    With `recompute` a layer's activations are made again for its gradients instead of kept, whatever mode it is in.
    Parameters on the meta device become shares without numbers yet, for `copy_share` to fill.
    Raises PipelineError if a parameter is not a DTensor afterwards: sharding is never silently absent.
    """
    assert mesh.shard_mesh is not None, "nothing to shard over"
    # A layer takes what it is given, as it would in a model that is one unit: rotary angles stay in float32.
    policy = MixedPrecisionPolicy(param_dtype=param_dtype, reduce_dtype=torch.float32, cast_forward_inputs=False)
    _move(model)
    for layer in find_layers(model) if recompute else ():
        checkpoint(layer)
    if sum(p.numel() for p in model.parameters()) > SMALL_PARAMETERS:
        for layer in find_layers(model):
            fully_shard(layer, mesh=mesh.shard_mesh, mp_policy=policy)
    fully_shard(model, mesh=mesh.shard_mesh, mp_policy=policy)
    _apply(model, lambda tensor: torch.empty_like(tensor, device=find_device()) if tensor.is_meta else tensor)
    stray = [name for name, p in model.named_parameters() if not isinstance(p, DTensor)]
    if stray:
        raise PipelineError(f"FSDP left parameters unsharded: {', '.join(stray[:5])}")
    return model


def allocate(model: nn.Module) -> nn.Module:
    """Give a model that is not sharded this process's device, and memory, without numbers yet, to what is on meta."""
    _move(model)
    empty = {
        id(p): nn.Parameter(torch.empty_like(p, device=find_device()), requires_grad=p.requires_grad)
        for p in model.parameters()
        if p.is_meta
    }
    replace_parameters(model, empty)
    return model


def replace_parameters(model: nn.Module, others: Mapping[int, nn.Parameter]) -> None:
    """Put other parameters in the place of those with these ids, in every module: weights that are tied stay so."""
    for module in model.modules():
        for name, parameter in list(module.named_parameters(recurse=False, remove_duplicate=False)):
            if id(parameter) in others:
                setattr(module, name, others[id(parameter)])


def _move(model: nn.Module) -> None:
    """To this process's device, but for what is on the meta device."""
    device = find_device()
    _apply(model, lambda tensor: tensor if tensor.is_meta else tensor.to(device))


def _apply(model: nn.Module, change: Callable[[Tensor], Tensor]) -> None:
    model._apply(change)  # type: ignore[no-untyped-call]  # as `to` and `to_empty` do it; there is no public name


@torch.no_grad()
def copy_share(target: Tensor, whole: Tensor) -> None:
    """Give a parameter, whole or sharded, the numbers of a whole tensor; no worker needs another for it."""
    if not isinstance(target, DTensor):
        target.copy_(whole)
        return
    mesh, placements = target.device_mesh, target.placements
    shape, offset = compute_local_shape_and_global_offset(target.shape, mesh, placements)
    part = whole[tuple(slice(first, first + size) for first, size in zip(offset, shape, strict=True))]
    target.to_local().copy_(part)


def find_whole(tensor: Tensor) -> Tensor:
    """The whole of a parameter: a collective where it is sharded."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def freeze_model(model: nn.Module, mesh: Mesh) -> nn.Module:
    """A network that is only read, in its own dtype: whole where a worker is alone, else sharded."""
    model.eval().requires_grad_(False)
    return allocate(model) if mesh.data_world == 1 else shard_model(model, mesh)


def copy_for_reading(model: nn.Module, mesh: Mesh) -> nn.Module:
    """A module of the same weights, to be read whole while `model` is sharded and trained; see `refresh_copy`.

    Where a worker is alone it shares them, and takes no memory.
    """
    alone = mesh.data_world == 1
    return copy.deepcopy(model, {id(p): p for p in model.parameters()} if alone else {}).eval()


@torch.no_grad()
def refresh_copy(whole: nn.Module, sharded: nn.Module, mesh: Mesh) -> None:
    """Give a copy the weights that `sharded` has now, one by one: a collective."""
    reshard(sharded)
    targets = dict(whole.named_parameters())
    given: dict[int, nn.Parameter] = {}
    for name, parameter in sharded.named_parameters():
        assert isinstance(parameter, DTensor), name
        target = targets[name]
        if target.is_meta:  # a copy of a model that had no weights yet
            first = parameter.to_local() if mesh.data_world == 1 else parameter.full_tensor()
            given[id(target)] = nn.Parameter(first, requires_grad=target.requires_grad)
        elif mesh.data_world == 1:
            target.data = parameter.to_local()
        elif parameter.requires_grad:
            target.copy_(parameter.full_tensor())
    if given:
        replace_parameters(whole, given)


@torch.no_grad()
def gather_in_parts(model: nn.Module, within: nn.Module) -> Iterator[dict[str, torch.Tensor]]:
    """What is trained of a module, whole and on the CPU, some of it at a time; `within` is the sharded model around it.

    A collective: every worker walks through all parts, and none ever holds more than one of them.
    """
    reshard(within)
    part: dict[str, torch.Tensor] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            assert isinstance(parameter, DTensor), name
            part[name] = parameter.full_tensor().cpu()
        if sum(value.nbytes for value in part.values()) >= PART_BYTES:
            yield part
            part = {}
    if part:
        yield part


def gather_trained(model: nn.Module) -> dict[str, torch.Tensor]:
    """Those parameters that are trained, whole and on the CPU of every rank: a collective, for a few of them."""
    reshard(model)
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    return {name: find_whole(p).detach().cpu().clone() for name, p in trained.items()}


def reshard(model: nn.Module) -> None:
    """A root stays whole after a forward pass without gradients; its parameters are then no DTensors."""
    for module in model.modules():
        if isinstance(module, FSDPModule):
            module.reshard()
