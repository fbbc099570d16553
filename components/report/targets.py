"""Hold the run to what was promised: each target is met, missed, or not asked, where a run has no such figure."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from components.metrics.deployment import ReportMetrics, TargetFigures
from components.report.config import TargetConfig
from components.report.formatting import (
    format_duration,
    format_gigabytes,
    format_number,
    format_percent,
    format_points,
    format_truth,
)
from components.report.run_record import look_up, number_at

SIGNS = {"at_least": "≥", "at_most": "≤", "above": ">", "below": "<"}


@dataclass(frozen=True)
class TargetResult:
    """One row of the table of targets."""

    claim: str
    figure: str
    value: float | None
    bound: float | None
    measured: str
    wanted: str
    met: bool
    asked: bool
    """False where the run has no such task, or no such figure."""
    shortfall: str


def check_targets(
    targets: list[TargetConfig], figures: Mapping[str, Any], tasks: Collection[str]
) -> list[TargetResult]:
    """One verdict per target, in order; `tasks` are the run's."""
    return [check_target(target, figures, tasks) for target in targets]


def check_target(target: TargetConfig, figures: Mapping[str, Any], tasks: Collection[str] = ()) -> TargetResult:
    """Compare the measured figure with its bound; says by how much a missed one is off."""

    def read(path: str) -> float | None:
        return number_at(figures, path) if target.task is None else _read_of_task(figures, path, target.task, tasks)

    measured = read(target.figure)
    subtrahend = 0.0 if target.minus is None else read(target.minus)
    bound = read(target.value) if isinstance(target.value, str) else target.value
    # Nine decimals: 0.75 - 0.60 must reach 0.15, which it does not in binary.
    measured = None if measured is None or subtrahend is None else round(measured - subtrahend, 9)
    met = measured is not None and bound is not None and _holds(target, measured, bound)
    say = choose_words(target)
    asked = measured is not None and bound is not None
    wrong = target.unit == "truth" or not asked
    off = None if met or wrong else abs((measured or 0.0) - (bound or 0.0))
    return TargetResult(
        claim=target.claim,
        figure=name_figure(target),
        value=measured,
        bound=bound,
        measured=say(measured),
        wanted=format_bound(target, say(bound)),
        met=met,
        asked=asked,
        shortfall="" if off is None else say(off).lstrip("+"),
    )


def _read_of_task(figures: Mapping[str, Any], path: str, task: str, tasks: Collection[str]) -> float | None:
    """A figure of one task: its own where a stage tells tasks apart, the stage's where it does not.

    None where the run or the stage did without the task.
    """
    stage, _, rest = path.partition(".")
    if task not in tasks:
        return None
    own = number_at(figures, f"{stage}.tasks.{task}.{rest.removeprefix('table.')}")
    first = look_up(figures, f"{stage}.task")
    others = first != task if first is not None else bool(look_up(figures, f"{stage}.tasks"))
    return own if own is not None or others else number_at(figures, path)


def _holds(target: TargetConfig, measured: float, bound: float) -> bool:
    match target.bound:
        case "at_least":
            return measured >= bound
        case "at_most":
            return measured <= bound
        case "above":
            return measured > bound
        case "below":
            return measured < bound
        case _:
            assert_never(target.bound)


def name_figure(target: TargetConfig) -> str:
    """The figure's path, or the two whose difference is asked for."""
    return target.figure if target.minus is None else f"{target.figure} − {target.minus}"


def format_bound(target: TargetConfig, words: str) -> str:
    """The bound in words, with the sign of how the figure must stand to it."""
    return words if target.unit == "truth" else f"{SIGNS[target.bound]} {words.lstrip('+')}"


def choose_words(target: TargetConfig) -> Callable[[float | None], str]:
    """How figures of the target's unit are written."""
    match target.unit:
        case "number":
            return format_number
        case "percent":
            return format_percent
        case "points":
            return format_points
        case "seconds":
            return format_duration
        case "gigabytes":
            return format_gigabytes
        case "truth":
            return format_truth
        case _:
            assert_never(target.unit)


def count_targets(target_results: list[TargetResult]) -> ReportMetrics:
    """Each target's figure, and how many were met, of those that were asked."""
    return ReportMetrics(
        targets_met=sum(verdict.met for verdict in target_results),
        targets_total=sum(verdict.asked for verdict in target_results),
        targets=[
            TargetFigures(claim=r.claim, figure=r.figure, value=r.value, bound=r.bound, met=r.met if r.asked else None)
            for r in target_results
        ],
    )
