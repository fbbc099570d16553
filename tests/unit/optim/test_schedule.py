"""The learning rate at the points where its formula is known: borders, and halfway between."""

import math
from typing import Any

import pytest

from components.base.validation import validate
from components.optim.config import OptimizationConfig
from components.optim.schedule import compute_learning_rate
from tests.shapes import make_optimization

TOTAL = 110
CURVES: dict[str, tuple[dict[str, Any], list[tuple[int, float]]]] = {
    "cosine": ({"final_lr_fraction": 0.1}, [(60, 1.1), (110, 0.2)]),
    "linear": ({"final_lr_fraction": 0.1}, [(11, 2.0 - 1.8 / 100), (60, 1.1), (110, 0.2)]),
    "warmup_stable_decay": (
        {"decay_fraction": 0.2, "final_lr_fraction": 0.1},
        [(11, 2.0), (88, 2.0), (99, 1.1), (110, 0.2)],
    ),
    "inverse_sqrt": ({}, [(11, 2.0 * math.sqrt(10 / 11)), (40, 1.0), (90, 2.0 / 3)]),
    "constant": ({}, [(11, 2.0), (110, 2.0)]),
}


def make_schedule(kind: str, warmup_fraction: float = 10 / TOTAL, **options: Any) -> OptimizationConfig:
    return make_optimization(learning_rate=2.0, warmup_fraction=warmup_fraction, schedule={"kind": kind, **options})


@pytest.mark.parametrize("kind", CURVES)
def test_the_rate_warms_up_in_a_straight_line_and_follows_its_formula_from_there(kind: str) -> None:
    options, points = CURVES[kind]
    cfg = make_schedule(kind, **options)
    for step, rate in [(1, 0.2), (5, 1.0), (10, 2.0), *points]:
        assert compute_learning_rate(cfg, step, TOTAL, peak=2.0) == pytest.approx(rate), step


@pytest.mark.parametrize("kind", CURVES)
def test_without_a_warm_up_the_first_step_is_at_the_peak_or_just_below(kind: str) -> None:
    cfg = make_schedule(kind, warmup_fraction=0.0, **CURVES[kind][0])
    assert compute_learning_rate(cfg, 0, TOTAL, peak=2.0) == pytest.approx(2.0)
    assert 1.9 < compute_learning_rate(cfg, 1, TOTAL, peak=2.0) <= 2.0


@pytest.mark.parametrize("kind", CURVES)
def test_a_run_of_one_step_and_one_that_only_warms_up_have_a_rate(kind: str) -> None:
    for warmup_fraction in (0.0, 0.9 if kind == "warmup_stable_decay" else 1.0):
        cfg = make_schedule(kind, warmup_fraction=warmup_fraction)
        assert 0.0 < compute_learning_rate(cfg, 1, 1, peak=2.0) <= 2.0
        assert 0.0 < compute_learning_rate(cfg, TOTAL, TOTAL, peak=2.0) <= 2.0


def test_options_of_a_schedule_that_is_not_chosen_may_stay() -> None:
    found = validate(
        OptimizationConfig,
        make_optimization().model_dump() | {"schedule": {"kind": "constant", "final_lr_fraction": 0.3}},
        where="optimization",
    )
    assert found.schedule.model_dump() == {"kind": "constant"}
