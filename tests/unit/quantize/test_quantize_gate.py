"""The figures of quantization and the gate over them."""

import math

import pytest

from components.base.errors import GateError
from components.metrics.deployment import QuantizeMetrics
from components.quantize.config import BudgetConfig
from components.quantize.gate import check_budget, collect_metrics
from components.quantize.quality import Quality
from components.quantize.speed import Speed

BUDGET = BudgetConfig(max_size_ratio=0.35, max_val_loss_rise=0.01, max_exact_match_drop=0.02)
SPEEDS = {"fp32": Speed(100.0, 1000.0), "bf16": Speed(125.0, 4000.0), "int8": Speed(250.0, 2000.0)}


def collect(size_ratio: float = 0.27, loss: float = 1.505, match: float = 0.79) -> QuantizeMetrics:
    return collect_metrics(size_ratio, Quality(1.5, {"sums": 0.80}), Quality(loss, {"sums": match}), SPEEDS)


def test_figures_are_named_and_computed_as_promised() -> None:
    metrics = collect()
    assert metrics.val_loss_rise == pytest.approx(0.005 / 1.5, abs=1e-6)
    assert metrics.exact_match_drop == pytest.approx(0.01)
    assert (metrics.decode_speedup_fp32, metrics.decode_speedup_bf16) == (2.5, 2.0)
    assert (metrics.prefill_speedup_fp32, metrics.prefill_speedup_bf16) == (2.0, 0.5)
    assert metrics.decode_tokens_per_s == {"fp32": 100.0, "bf16": 125.0, "int8": 250.0}


def test_tasks_count_alike_and_a_run_without_any_has_no_such_figure() -> None:
    before, after = {"sums": 0.8, "words": 0.5}, {"sums": 0.7, "words": 0.5}
    metrics = collect_metrics(0.27, Quality(1.5, before), Quality(1.5, after), SPEEDS)
    assert metrics.exact_match_drop == pytest.approx(0.05)
    assert metrics.tasks is not None and metrics.tasks["sums"].exact_match_drop == pytest.approx(0.1)
    nothing = collect_metrics(0.27, Quality(1.5, {}), Quality(1.5, {}), SPEEDS)
    assert nothing.exact_match_drop is None and check_budget(nothing, BUDGET) is nothing


def test_a_model_within_budget_passes_with_its_figures_unchanged() -> None:
    metrics = collect()
    assert check_budget(metrics, BUDGET) is metrics


@pytest.mark.parametrize(
    ("metrics", "named"),
    [
        (collect(size_ratio=0.36), "size_ratio 0.3600 is above 0.35"),
        (collect(loss=1.6), "val_loss_rise 0.0667 is above 0.01"),
        (collect(match=0.70), "exact_match_drop 0.1000 is above 0.02"),
        (collect(loss=math.nan), "val_loss_rise nan"),
    ],
)
def test_each_figure_beyond_its_budget_stops_the_stage_by_name(metrics: QuantizeMetrics, named: str) -> None:
    with pytest.raises(GateError, match=named):
        check_budget(metrics, BUDGET)


def test_a_better_model_is_no_violation() -> None:
    check_budget(collect(loss=1.4, match=0.9), BUDGET)
