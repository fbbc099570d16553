"""A target is met, missed by so much, or not asked because the run has no such figure."""

from typing import Any

import pytest

from components.base.errors import ParamsError
from components.base.validation import validate
from components.report.config import TargetConfig
from components.report.targets import check_target, count_targets

FIGURES = {"sft": {"after": 0.75, "before": 0.60, "parity": True, "params": {"budget": 0.5}}}


def target(**fields: Any) -> TargetConfig:
    made: TargetConfig = validate(
        TargetConfig, {"claim": "c", "figure": "sft.after", "bound": "at_least", "value": 0.0} | fields, where="t"
    )
    return made


@pytest.mark.parametrize(
    ("bound", "value", "met"),
    [
        ("at_least", 0.75, True), ("at_least", 0.76, False), ("at_most", 0.75, True), ("at_most", 0.74, False),
        ("above", 0.75, False), ("above", 0.74, True), ("below", 0.75, False), ("below", 0.76, True),
    ],
)  # fmt: skip
def test_bounds_hold_at_their_edges(bound: str, value: float, met: bool) -> None:
    assert check_target(target(bound=bound, value=value), FIGURES).met is met


def test_difference_reaches_a_bound_that_binary_fractions_miss() -> None:
    assert 0.70 - 0.55 < 0.15
    assert check_target(target(minus="sft.before", value=0.15), {"sft": {"after": 0.70, "before": 0.55}}).met


def test_bound_may_be_another_figure_or_a_param() -> None:
    assert check_target(target(value="sft.before"), FIGURES).met
    assert not check_target(target(bound="at_most", value="sft.params.budget"), FIGURES).met


def test_miss_says_by_how_much() -> None:
    verdict = check_target(target(value=0.8, unit="percent"), FIGURES)
    assert (verdict.wanted, verdict.measured, verdict.shortfall) == (
        "≥ 80.0\u202f%", "75.0\u202f%", "5.0\u202f%",
    )  # fmt: skip


@pytest.mark.parametrize("fields", [{"figure": "sft.gone"}, {"minus": "gone.too"}, {"value": "sft.params.gone"}])
def test_a_figure_that_the_run_does_not_have_is_not_asked(fields: dict[str, Any]) -> None:
    verdict = check_target(target(**fields), FIGURES)
    assert not verdict.met and not verdict.asked
    counted = count_targets([verdict, check_target(target(value=0.5), FIGURES)])
    assert (counted.targets_met, counted.targets_total) == (1, 1)
    assert counted.targets is not None and [t.met for t in counted.targets] == [None, True]


def read_of(task: str, figures: dict[str, Any], *tasks: str, path: str = "sft.after") -> float | None:
    return check_target(target(figure=path, task=task), figures, tasks).value


def test_a_target_of_a_task_is_asked_where_the_run_has_the_task() -> None:
    assert read_of("sums", FIGURES, "sums") == 0.75
    assert read_of("sums", FIGURES, "words") is None


def test_a_target_of_a_task_reads_the_task_s_own_figure_among_others() -> None:
    figures = {"sft": {"after": 0.5, "tasks": {"sums": {"after": 0.9}, "words": {"after": 0.1}}}}
    assert read_of("sums", figures, "sums", "words") == 0.9
    assert read_of("films", figures, "sums", "words", "films") is None, "asked of the others alone"


def test_a_table_is_the_first_task_s() -> None:
    figures = {"evaluate": {"task": "words", "table": {"m": {"x": 0.2}}, "tasks": {"sums": {"m": {"x": 0.7}}}}}
    path = "evaluate.table.m.x"
    assert read_of("words", figures, "words", "sums", path=path) == 0.2
    assert read_of("sums", figures, "words", "sums", path=path) == 0.7
    assert read_of("films", figures, "words", "sums", "films", path=path) is None


def test_truth_is_said_in_words() -> None:
    verdict = check_target(target(figure="sft.parity", value=1.0, unit="truth"), FIGURES)
    assert (verdict.measured, verdict.wanted, verdict.met) == ("yes", "yes", True)


def test_met_targets_are_counted() -> None:
    target_results = [check_target(target(value=value), FIGURES) for value in (0.5, 0.9)]
    counted = count_targets(target_results)
    assert (counted.targets_met, counted.targets_total) == (1, 2)
    assert counted.targets is not None
    assert [(t.value, t.bound, t.met) for t in counted.targets] == [(0.75, 0.5, True), (0.75, 0.9, False)]


def test_figure_without_a_stage_is_refused() -> None:
    with pytest.raises(ParamsError, match="figure"):
        target(figure="exact_match")
