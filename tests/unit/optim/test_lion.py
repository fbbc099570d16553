"""Lion against its paper's algorithm, in float64."""

import torch
from torch import nn

from components.optim.build import build_optimizer
from tests.shapes import make_optimization


def test_steps_are_those_of_the_paper() -> None:
    generator = torch.Generator().manual_seed(0)
    weight = nn.Parameter(torch.randn(3, 4, dtype=torch.float64, generator=generator))
    cfg = make_optimization(
        learning_rate=0.03, weight_decay=0.2, optimizer={"kind": "lion", "beta1": 0.8, "beta2": 0.9}
    )
    optimizer = build_optimizer(nn.ParameterList([weight]), cfg)
    expected, momentum = weight.detach().clone(), torch.zeros(3, 4, dtype=torch.float64)
    for _ in range(5):
        weight.grad = torch.randn(3, 4, dtype=torch.float64, generator=generator)
        optimizer.step()
        direction = (0.8 * momentum + 0.2 * weight.grad).sign()
        expected = expected - 0.03 * (direction + 0.2 * expected)
        momentum = 0.9 * momentum + 0.1 * weight.grad
        torch.testing.assert_close(weight.detach(), expected, rtol=1e-12, atol=1e-12)


def test_a_parameter_without_a_gradient_stays() -> None:
    layers = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])
    optimizer = build_optimizer(layers, make_optimization(optimizer={"kind": "lion"}, weight_decay=0.1))
    before = [parameter.detach().clone() for parameter in layers.parameters()]
    layers[0](torch.ones(1, 2)).sum().backward()
    optimizer.step()
    moved = [not torch.equal(old, new) for old, new in zip(before, layers.parameters(), strict=True)]
    assert moved == [True, True, False, False]
