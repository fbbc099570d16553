"""An optimiser of each kind, with weight decay on matrices only, and its rate over the run."""

from collections.abc import Iterator, Mapping
from typing import Any, assert_never

import torch
from torch import nn

from components.optim.adafactor import Adafactor
from components.optim.config import AdafactorConfig, AdamWConfig, LionConfig, MuonConfig, OptimizationConfig
from components.optim.lion import Lion
from components.optim.muon import HIDDEN, Muon, find_hidden_matrices
from components.optim.schedule import compute_learning_rate

PEAK = "initial_lr"
"""Where a group keeps the peak of its rate, under the name that torch's own schedulers use."""


def build_optimizer(
    model: nn.Module, cfg: OptimizationConfig, *, own_rates: Mapping[nn.Module, float] | None = None
) -> torch.optim.Optimizer:
    """The optimiser of every weight that is trained; `own_rates` gives parts of the model a peak of their own.

    It decays parameters of two or more dimensions; gains and biases are left alone (GPT-3, appendix B).
    """
    groups = list(_group_parameters(model, cfg, own_rates or {}))
    match cfg.optimizer:
        case AdamWConfig(beta1=beta1, beta2=beta2, eps=eps):
            # One kernel over all weights: on a CPU twice as fast as one operation after another (bench_optimizers.py).
            return torch.optim.AdamW(groups, betas=(beta1, beta2), eps=eps, fused=True)
        case AdafactorConfig():
            return Adafactor(groups, **cfg.optimizer.model_dump(exclude={"kind"}))
        case MuonConfig(momentum=momentum, newton_schulz_steps=steps, beta1=beta1, beta2=beta2, eps=eps):
            split = list(_split_hidden(groups, find_hidden_matrices(model)))
            return Muon(split, momentum=momentum, newton_schulz_steps=steps, betas=(beta1, beta2), eps=eps, fused=True)
        case LionConfig(beta1=beta1, beta2=beta2):
            return Lion(groups, beta1=beta1, beta2=beta2)
        case _:
            assert_never(cfg.optimizer)


def set_learning_rates(optimizer: torch.optim.Optimizer, cfg: OptimizationConfig, step: int, total_steps: int) -> None:
    """Set every group's rate to that of the `step`-th update of `total_steps`."""
    for group in optimizer.param_groups:
        group["lr"] = compute_learning_rate(cfg, step, total_steps, peak=group[PEAK])


def _group_parameters(
    model: nn.Module, cfg: OptimizationConfig, own_rates: Mapping[nn.Module, float]
) -> Iterator[dict[str, Any]]:
    """Groups of one peak and one decay each; none is empty."""
    rates = {parameter: rate for part, rate in own_rates.items() for parameter in part.parameters()}
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    for peak in dict.fromkeys([cfg.learning_rate, *own_rates.values()]):
        at_peak = [parameter for parameter in trained if rates.get(parameter, cfg.learning_rate) == peak]
        matrices = [parameter for parameter in at_peak if parameter.ndim >= 2]
        others = [parameter for parameter in at_peak if parameter.ndim < 2]
        for parameters, decay in ((matrices, cfg.weight_decay), (others, 0.0)):
            if parameters:
                yield {"params": parameters, "weight_decay": decay, "lr": peak, PEAK: peak}


def _split_hidden(groups: list[dict[str, Any]], hidden: set[nn.Parameter]) -> Iterator[dict[str, Any]]:
    """The same groups, each parted in hidden matrices, which are marked, and others."""
    for group in groups:
        for is_hidden in (True, False):
            parameters = [parameter for parameter in group["params"] if (parameter in hidden) == is_hidden]
            if parameters:
                yield {**group, "params": parameters, HIDDEN: is_hidden}
