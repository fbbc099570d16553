"""Lion: the sign of a momentum (Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", algorithm 2)."""

from collections.abc import Iterable
from typing import Any

import torch

from components.optim.shards import find_gradients, find_local


class Lion(torch.optim.Optimizer):
    """u = sign(beta1 m + (1 - beta1) g);  w -= lr (u + decay w);  m = beta2 m + (1 - beta2) g.

    Elementwise, so shards are as good as whole matrices.
    """

    def __init__(self, params: Iterable[dict[str, Any]], *, beta1: float, beta2: float) -> None:
        super().__init__(params, {"beta1": beta1, "beta2": beta2})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # nobody here has a closure
        """One update of every parameter that has a gradient."""
        for group in self.param_groups:
            trained = [parameter for parameter in group["params"] if parameter.grad is not None]
            if not trained:
                continue
            weights, gradients = [find_local(parameter) for parameter in trained], find_gradients(trained)
            momenta = [self._find_momentum(parameter) for parameter in trained]
            directions = torch._foreach_lerp(gradients, momenta, group["beta1"])
            torch._foreach_sign_(directions)
            torch._foreach_mul_(weights, 1.0 - group["lr"] * group["weight_decay"])
            torch._foreach_add_(weights, directions, alpha=-group["lr"])
            torch._foreach_lerp_(momenta, gradients, 1.0 - group["beta2"])

    def _find_momentum(self, parameter: torch.Tensor) -> torch.Tensor:
        state = self.state[parameter]
        if not state:
            state["momentum"] = torch.zeros_like(parameter)
        return find_local(state["momentum"])
