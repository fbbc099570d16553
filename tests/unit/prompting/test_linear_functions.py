"""Linear functions in context: least squares in closed form, and a small model on its way there."""

import numpy as np
import pytest
import torch

from components.prompting.probes.config import LinearFunctionsConfig
from components.prompting.probes.linear_functions import (
    FunctionReader,
    draw_functions,
    expect_errors,
    fit_least_squares,
    measure_errors,
    train_reader,
)

TASK = LinearFunctionsConfig(dimensions=2, points=5, layers=3, width=48, steps=400, batch_size=64, learning_rate=1e-2)


def test_least_squares_has_the_error_of_its_closed_form() -> None:
    """Over normal weights and points the expected squared error is the sum over pairs of unit vectors of both."""
    x = np.random.default_rng(0).normal(size=(8, 5))
    units = np.eye(5)
    for known, expected in enumerate(expect_errors(5, 8)):
        errors = [
            (weights @ point - fit_least_squares(x[:known], x[:known] @ weights, point)) ** 2
            for weights in units
            for point in units
        ]
        assert sum(errors) / 5 == pytest.approx(expected, abs=1e-12)
    assert expect_errors(5, 8) == pytest.approx([1.0, 0.8, 0.6, 0.4, 0.2, 0.0, 0.0, 0.0])


def test_a_reader_sees_no_value_before_it_is_told() -> None:
    reader = FunctionReader(TASK, 0).eval()
    x, y = draw_functions(TASK, 3, torch.Generator().manual_seed(0))
    told = y.clone()
    told[:, 2] += 1.0
    with torch.no_grad():
        before, after = reader(x, y), reader(x, told)
    torch.testing.assert_close(before[:, :3], after[:, :3])
    assert not torch.allclose(before[:, 3], after[:, 3])


@pytest.mark.slow
def test_a_small_model_comes_near_least_squares() -> None:
    errors = measure_errors(train_reader(TASK, 0), TASK, 0)
    for error, expected in zip(errors, expect_errors(2, 5), strict=True):
        assert error == pytest.approx(expected, abs=0.25)
    assert errors[0] - errors[-1] > 0.8  # knowing points is what helps it
