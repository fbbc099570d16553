"""A run that diverges stops with its step, its figures, and what is left of it."""

import math
from pathlib import Path

import pytest
import torch
from torch import nn

from components.base.errors import DivergenceError
from components.runtime.checkpoint_files import mark_complete
from components.runtime.divergence import are_gradients_finite, are_weights_finite, require_finite_step


def test_finite_figures_and_absent_ones_pass(tmp_path: Path) -> None:
    require_finite_step({"loss": 1.5, "val_loss": None}, step=3, run_folder=tmp_path)


def test_every_strange_figure_is_named_with_the_stage_and_the_step(tmp_path: Path) -> None:
    said = r"^pretrain: diverged at step 7: loss is nan, norm is inf; no checkpoint yet; lower the learning rate"
    with pytest.raises(DivergenceError, match=said):
        require_finite_step({"loss": math.nan, "norm": math.inf}, step=7, run_folder=tmp_path / "pretrain-0123")


def test_the_last_good_checkpoint_is_named(tmp_path: Path) -> None:
    for step in (2, 5):
        folder = tmp_path / "sft-0123" / f"step_{step:08d}"
        folder.mkdir(parents=True)
        mark_complete(folder, keep=2)
    with pytest.raises(DivergenceError, match="the last good checkpoint is of step 5"):
        require_finite_step({"loss": math.nan}, step=7, run_folder=tmp_path / "sft-0123")


def test_one_weight_or_one_gradient_is_enough() -> None:
    model = nn.Linear(2, 2)
    assert are_weights_finite(model) and are_gradients_finite(model)
    model.weight.grad = torch.tensor([[0.0, math.nan], [0.0, 0.0]])
    assert not are_gradients_finite(model)
    with torch.no_grad():
        model.bias[0] = math.inf
    assert not are_weights_finite(model)
