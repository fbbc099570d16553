"""AdamW as it is built here against its paper's algorithm, in float64."""

import torch
from torch import nn

from components.optim.build import build_optimizer
from tests.shapes import make_optimization


def test_steps_are_those_of_the_paper() -> None:
    generator = torch.Generator().manual_seed(0)
    weight = nn.Parameter(torch.randn(3, 4, dtype=torch.float64, generator=generator))
    chosen = {"kind": "adamw", "beta1": 0.8, "beta2": 0.9, "eps": 1e-3}
    cfg = make_optimization(learning_rate=0.03, weight_decay=0.2, optimizer=chosen)
    optimizer = build_optimizer(nn.ParameterList([weight]), cfg)
    expected = weight.detach().clone()
    mean, square = torch.zeros_like(expected), torch.zeros_like(expected)
    for step in range(1, 6):
        weight.grad = torch.randn(3, 4, dtype=torch.float64, generator=generator)
        optimizer.step()
        mean = 0.8 * mean + 0.2 * weight.grad
        square = 0.9 * square + 0.1 * weight.grad**2
        direction = mean / (1 - 0.8**step) / ((square / (1 - 0.9**step)).sqrt() + 1e-3)
        expected = expected - 0.03 * (direction + 0.2 * expected)
        torch.testing.assert_close(weight.detach(), expected, rtol=1e-12, atol=1e-12)
