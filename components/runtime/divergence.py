"""A run whose numbers are no longer finite stops at once: it says where, and what is left of it."""

import math
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from components.base.errors import DivergenceError
from components.runtime.checkpoint_files import find_complete, read_step


def require_finite_step(figures: Mapping[str, float | None], *, step: int, run_folder: Path) -> None:
    """Raises DivergenceError naming the step, every figure that is NaN or infinite, and the last good checkpoint.

    The figures must be those of all workers together, so that every worker stops on the same step.
    """
    strange = [
        f"{name} is {value}" for name, value in figures.items() if value is not None and not math.isfinite(value)
    ]
    if not strange:
        return
    good = find_complete(run_folder)
    left = f"the last good checkpoint is of step {read_step(good[-1])} ({good[-1]})" if good else "no checkpoint yet"
    raise DivergenceError(
        f"{run_folder.name.rpartition('-')[0] or run_folder.name}: diverged at step {step}: {', '.join(strange)}; "
        f"{left}; lower the learning rate, or warm up longer"
    )


def are_weights_finite(model: nn.Module) -> bool:
    """Whether every parameter that this rank holds is finite."""
    return all(bool(_local(parameter).isfinite().all()) for parameter in model.parameters())


def are_gradients_finite(model: nn.Module) -> bool:
    """Whether every gradient that this rank holds is finite."""
    gradients = (parameter.grad for parameter in model.parameters())
    return all(bool(_local(gradient).isfinite().all()) for gradient in gradients if gradient is not None)


def _local(tensor: Tensor) -> Tensor:
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor
