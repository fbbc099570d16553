"""Adafactor (Shazeer and Stern 2018, algorithms 4 and 5): squared gradients kept as one row and one column a matrix.

PyTorch's own and transformers' both fail on the shards of a parameter (torch 2.13, transformers 5.23).
Shapes: A rows, B columns; leading dimensions are matrices side by side.
"""

from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor

from components.optim.shards import find_local, make_reduced_zeros, sum_whole


class Adafactor(torch.optim.Optimizer):
    """The step is the gradient over the root of its own mean square, of a root mean square of at most `clip_threshold`.

    A matrix's mean squares are the product of what its rows and its columns have, over their mean (algorithm 2).
    """

    def __init__(
        self,
        params: Iterable[dict[str, Any]],
        *,
        decay_exponent: float,
        clip_threshold: float,
        multiply_by_parameter_scale: bool,
        min_parameter_scale: float,
        eps: float,
    ) -> None:
        defaults = {
            "decay_exponent": decay_exponent,
            "clip_threshold": clip_threshold,
            "multiply_by_parameter_scale": multiply_by_parameter_scale,
            "min_parameter_scale": min_parameter_scale,
            "eps": eps,
        }
        super().__init__(params, defaults)

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # nobody here has a closure
        """One update of every parameter that has a gradient; a collective where parameters are cut."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._step(parameter, find_local(parameter.grad), group)

    def _step(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        local, dims = find_local(parameter), tuple(range(parameter.ndim))
        direction = self._scale(parameter, gradient, group)
        root_mean_square = (sum_whole(direction.square(), parameter, dims) / parameter.numel()).sqrt()
        direction /= (root_mean_square / group["clip_threshold"]).clamp(min=1.0)
        if group["multiply_by_parameter_scale"]:
            scale = (sum_whole(local.square(), parameter, dims) / parameter.numel()).sqrt()
            direction *= scale.clamp(min=group["min_parameter_scale"])
        local.mul_(1.0 - group["lr"] * group["weight_decay"]).add_(direction, alpha=-group["lr"])

    def _scale(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> Tensor:
        """The gradient over the root of its mean square, which takes in the newest square."""
        state = self._find_state(parameter)
        state["step"] += 1
        newest = float(state["step"]) ** -group["decay_exponent"]  # 1 - beta2, section 7.2
        square = gradient.square() + group["eps"]
        if parameter.ndim < 2:
            mean = find_local(state["mean_square"]).lerp_(square, newest)
            return gradient * mean.rsqrt()
        row, column = parameter.ndim - 2, parameter.ndim - 1  # where A and B stand
        rows = find_local(state["rows"]).lerp_(
            sum_whole(square, parameter, (column,)) / parameter.shape[column], newest
        )
        columns = find_local(state["columns"]).lerp_(
            sum_whole(square, parameter, (row,)) / parameter.shape[row], newest
        )
        mean = sum_whole(rows, state["rows"], (row,)) / parameter.shape[row]
        return gradient * (rows / mean.unsqueeze(-1)).rsqrt().unsqueeze(-1) * columns.rsqrt().unsqueeze(-2)

    def _find_state(self, parameter: Tensor) -> dict[str, Tensor]:
        state: dict[str, Tensor] = self.state[parameter]
        if not state:
            state["step"] = torch.zeros(())
            if parameter.ndim < 2:
                state["mean_square"] = torch.zeros_like(parameter)
            else:
                state["rows"] = make_reduced_zeros(parameter, parameter.ndim - 1)
                state["columns"] = make_reduced_zeros(parameter, parameter.ndim - 2)
        return state
