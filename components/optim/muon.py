"""Muon: the momentum of a hidden matrix made orthogonal before it is a step; AdamW for every other weight.

Sources: Jordan et al. 2024, "Muon: An optimizer for hidden layers"; Liu et al. 2025, "Muon is Scalable for LLM
Training", whose scale lets AdamW's learning rate and decay stand. PyTorch's own makes one matrix orthogonal at a time,
takes no table of experts, and lets every worker do the work of all.
Shapes: N matrices side by side, A rows, B columns.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor, Placement, Replicate, Shard

from components.optim.shards import find_gradients, find_local

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the quintic that drives every singular value towards one (Jordan et al. 2024)."""
ADAMW_RMS = 0.2
"""Root mean square of AdamW's usual step, as a share of the rate (Liu et al. 2025, section 2.2)."""
HIDDEN = "hidden"
"""What a group of hidden matrices is marked by."""


class Muon(torch.optim.AdamW):
    """AdamW, but for the groups that are marked as hidden matrices."""

    def __init__(
        self, params: Iterable[dict[str, Any]], *, momentum: float, newton_schulz_steps: int, **adamw: Any
    ) -> None:
        super().__init__(params, **adamw)
        self.momentum, self.newton_schulz_steps = momentum, newton_schulz_steps

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # nobody here has a closure
        """One update of every parameter that has a gradient, which hidden matrices have spent behind it.

        A collective where matrices are cut.
        """
        for group in self.param_groups:
            if group[HIDDEN]:
                self._step(group)
        super().step()

    def _step(self, group: dict[str, Any]) -> None:
        trained = [parameter for parameter in group["params"] if parameter.grad is not None]
        alike: dict[Any, list[nn.Parameter]] = defaultdict(list)
        for parameter in trained:
            alike[parameter.shape, getattr(parameter, "placements", None)].append(parameter)
        for (shape, _), parameters in alike.items():
            directions = orthogonalize_whole(self._gather_momentum(parameters), parameters[0], self.newton_schulz_steps)
            locals_ = [find_local(parameter) for parameter in parameters]
            torch._foreach_mul_(locals_, 1.0 - group["lr"] * group["weight_decay"])
            rate = group["lr"] * ADAMW_RMS * max(shape[-2:]) ** 0.5
            torch._foreach_add_(locals_, list(directions.unbind()), alpha=-rate)
        for parameter in trained:
            parameter.grad = None  # so that AdamW passes it by

    def _gather_momentum(self, parameters: list[nn.Parameter]) -> Tensor:
        """This worker's parts of Nesterov's momentum, side by side in front."""
        for parameter in parameters:
            if not self.state[parameter]:  # with AdamW's counter, for which it looks when a checkpoint is restored
                self.state[parameter] |= {"step": torch.zeros(()), "momentum": torch.zeros_like(parameter)}
            self.state[parameter]["step"] += 1
        momenta = [find_local(self.state[parameter]["momentum"]) for parameter in parameters]
        gradients = find_gradients(parameters)
        torch._foreach_lerp_(momenta, gradients, 1.0 - self.momentum)
        return torch.stack(torch._foreach_lerp(gradients, momenta, self.momentum))


def orthogonalize_whole(local: Tensor, like: Tensor, steps: int) -> Tensor:
    """Make N matrices [N, *like's part] orthogonal, of which this worker has the part that it has of `like`.

    Where matrices are cut, workers exchange parts so that each has some of them whole, and back: every matrix is worked
    on once. Matrices that stand side by side in one table (experts) are worked on one by one.
    """
    cut = [p.dim for p in like.placements if isinstance(p, Shard)] if isinstance(like, DTensor) else []
    if not isinstance(like, DTensor) or like.device_mesh.size() == 1 or all(dim < like.ndim - 2 for dim in cut):
        return orthogonalize(local.flatten(0, -3), steps).view_as(local)
    shape = torch.Size((len(local), *like.shape))
    stride = torch.empty(shape, device="meta").stride()
    parts = [Shard(p.dim + 1) if isinstance(p, Shard) else p for p in like.placements]
    wholes = [Shard(0) if isinstance(p, Shard) else p for p in like.placements]
    sent = DTensor.from_local(local.bfloat16(), like.device_mesh, parts, run_check=False, shape=shape, stride=stride)
    mine = _exchange(sent, wholes).to_local()
    done = orthogonalize(mine.flatten(0, -3), steps).view_as(mine)
    made = DTensor.from_local(done, like.device_mesh, wholes, run_check=False, shape=shape, stride=stride)
    return _exchange(made, parts).to_local().to(local.dtype)


def _exchange(tensor: DTensor, placements: list[Placement]) -> DTensor:
    """Cut it along other dimensions."""
    if tensor.device.type == "cpu":  # gloo exchanges nothing: DTensor would gather it all, too, and warn of it
        tensor = tensor.redistribute(placements=[Replicate() if isinstance(p, Shard) else p for p in tensor.placements])
    return tensor.redistribute(placements=placements)


def orthogonalize(matrices_NAB: Tensor, steps: int) -> Tensor:
    """The nearest matrices whose singular values are about one (0.7 to 1.2), by Newton and Schulz's iteration.

    It works in bfloat16, which is exact enough: values that are about one are all that is asked for.
    """
    a, b, c = COEFFICIENTS
    is_tall = matrices_NAB.shape[-2] > matrices_NAB.shape[-1]
    x = matrices_NAB.bfloat16()
    x = x.mT if is_tall else x
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=1e-7)
    for _ in range(steps):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.mT if is_tall else x).to(matrices_NAB.dtype)


def find_hidden_matrices(model: nn.Module) -> set[nn.Parameter]:
    """Weights of two or more dimensions that are neither an embedding nor an output head, nor a single row or column.

    Adapters (Hu et al. 2021) are hidden matrices, but for those on embeddings; so are routers, as in Liu et al. 2025.
    """
    outside: set[nn.Parameter] = set()
    for name, module in model.named_modules():
        head = module.get_output_embeddings() if hasattr(module, "get_output_embeddings") else None
        outside |= set(head.parameters()) if head is not None else set()
        if isinstance(module, nn.Embedding) or "embed" in name.rpartition(".")[2]:
            outside |= set(module.parameters())
    return {p for p in model.parameters() if p.ndim >= 2 and min(p.shape[-2:]) > 1} - outside
