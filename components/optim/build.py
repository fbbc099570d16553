"""AdamW with weight decay on matrices only."""

import torch
from torch import nn

from components.optim.config import OptimizationConfig


def build_optimizer(model: nn.Module, cfg: OptimizationConfig) -> torch.optim.AdamW:
    """Decay parameters of two or more dimensions; gains and biases are left alone (GPT-3, appendix B)."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": cfg.weight_decay},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=cfg.learning_rate, betas=(cfg.beta1, cfg.beta2), eps=1e-8, foreach=True)


def set_learning_rate(optimizer: torch.optim.Optimizer, value: float) -> None:
    """Set every group's learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = value
