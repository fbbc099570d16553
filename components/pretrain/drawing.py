"""Random weights of a model that may be spread over workers: drawn a module at a time, whoever holds which part."""

import copy

import torch
from torch import nn
from transformers import PreTrainedModel

from components.base.rng import derive_seed
from components.parallel.fsdp import copy_share


def draw_weights(model: PreTrainedModel, seed: int) -> None:
    """Give every parameter what the model's own initialisation draws for its module.

    Each module has a seed of its own, so that any number of workers draws the same. A module is drawn whole by each
    of them, and what is not theirs forgotten.
    """
    drawn: set[int] = set()  # weights that are tied are those of the first module
    for name, module in model.named_modules():
        targets = dict(module.named_parameters(recurse=False, remove_duplicate=False))
        if not targets or drawn.issuperset(map(id, targets.values())):
            continue
        torch.manual_seed(derive_seed(seed, "weights", name))
        for kind, whole in _draw(model, module).items():
            copy_share(targets[kind], whole)
        drawn |= set(map(id, targets.values()))


def _draw(model: PreTrainedModel, module: nn.Module) -> dict[str, nn.Parameter]:
    """A module's own parameters, whole and on the CPU."""
    twin = copy.copy(module)
    twin._parameters = {kind: _make_unknown(parameter) for kind, parameter in module._parameters.items()}
    reset = getattr(twin, "reset_parameters", None)
    if reset is not None:
        reset()
    model._init_weights(twin)
    strange = [kind for kind, parameter in twin.named_parameters(recurse=False) if not parameter.isfinite().all()]
    assert not strange, f"{type(module).__name__} leaves {strange} as they were"
    return dict(twin.named_parameters(recurse=False, remove_duplicate=False))


def _make_unknown(parameter: nn.Parameter | None) -> nn.Parameter | None:
    """NaN everywhere, so that what nobody draws is found out."""
    if parameter is None:  # a bias that a layer could have had
        return None
    return nn.Parameter(torch.full(parameter.shape, float("nan"), dtype=parameter.dtype))
