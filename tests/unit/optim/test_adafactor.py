"""Adafactor against transformers' own, in float64."""

import pytest
import torch
from torch import nn
from transformers.optimization import Adafactor

from components.optim.build import build_optimizer
from tests.shapes import make_optimization


@pytest.mark.parametrize("by_scale", [False, True])
def test_steps_are_those_of_the_library(by_scale: bool) -> None:
    """A matrix, a table of two matrices and a bias; gradients large and small, so that some steps are clipped."""
    generator = torch.Generator().manual_seed(0)
    shapes = [(3, 4), (2, 3, 4), (5,)]
    ours = [nn.Parameter(torch.randn(shape, dtype=torch.float64, generator=generator)) for shape in shapes]
    theirs = [nn.Parameter(weight.detach().clone()) for weight in ours]
    chosen = {"kind": "adafactor", "multiply_by_parameter_scale": by_scale}
    optimizer = build_optimizer(nn.ParameterList(ours), make_optimization(learning_rate=0.03, optimizer=chosen))
    library = Adafactor(theirs, lr=0.03, scale_parameter=by_scale, relative_step=False)
    for step in range(6):
        for mine, other in zip(ours, theirs, strict=True):
            mine.grad = torch.randn(mine.shape, dtype=torch.float64, generator=generator) * 10.0 ** (step % 3 - 1)
            other.grad = mine.grad.clone()
        optimizer.step()
        library.step()
        for mine, other in zip(ours, theirs, strict=True):
            torch.testing.assert_close(mine.detach(), other.detach(), rtol=1e-10, atol=1e-10)


def test_decay_shrinks_matrices_by_the_rate() -> None:
    weight = nn.Parameter(torch.full((2, 3), 2.0))
    weight.grad = torch.zeros(2, 3)
    cfg = make_optimization(learning_rate=0.1, weight_decay=0.5, optimizer={"kind": "adafactor"})
    build_optimizer(nn.ParameterList([weight]), cfg).step()
    torch.testing.assert_close(weight.detach(), torch.full((2, 3), 2.0 * (1 - 0.1 * 0.5)))


def test_a_matrix_is_remembered_by_a_row_and_a_column() -> None:
    weight = nn.Parameter(torch.ones(30, 40))
    weight.grad = torch.ones(30, 40)
    optimizer = build_optimizer(nn.ParameterList([weight]), make_optimization(optimizer={"kind": "adafactor"}))
    optimizer.step()
    assert sum(value.numel() for value in optimizer.state[weight].values()) == 30 + 40 + 1
