"""Hold the run to what was promised: each target is met, missed, or not measured (which is missed)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, assert_never

from components.report.config import TargetConfig
from components.report.story import number_at
from components.report.wording import say_duration, say_gigabytes, say_number, say_percent, say_points, say_truth

SIGNS = {"at_least": "≥", "at_most": "≤", "above": ">", "below": "<"}


@dataclass(frozen=True)
class Verdict:
    """One row of the table of targets."""

    claim: str
    figure: str
    measured: str
    wanted: str
    met: bool
    missing: bool
    shortfall: str


def judge_targets(targets: list[TargetConfig], figures: Mapping[str, Any]) -> list[Verdict]:
    """One verdict per target, in order."""
    return [judge_target(target, figures) for target in targets]


def judge_target(target: TargetConfig, figures: Mapping[str, Any]) -> Verdict:
    """Compare the measured figure with its bound; says by how much a missed one is off."""
    measured = number_at(figures, target.figure)
    subtrahend = 0.0 if target.minus is None else number_at(figures, target.minus)
    bound = number_at(figures, target.value) if isinstance(target.value, str) else target.value
    # Nine decimals: 0.75 - 0.60 must reach 0.15, which it does not in binary.
    measured = None if measured is None or subtrahend is None else round(measured - subtrahend, 9)
    met = measured is not None and bound is not None and _holds(target, measured, bound)
    say = _choose_words(target)
    wrong = target.unit == "truth" or measured is None or bound is None
    off = None if met or wrong else abs((measured or 0.0) - (bound or 0.0))
    return Verdict(
        claim=target.claim,
        figure=target.figure if target.minus is None else f"{target.figure} − {target.minus}",
        measured=say(measured),
        wanted=_say_bound(target, say(bound)),
        met=met,
        missing=measured is None or bound is None,
        shortfall="" if off is None else say(off).lstrip("+"),
    )


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


def _say_bound(target: TargetConfig, words: str) -> str:
    return words if target.unit == "truth" else f"{SIGNS[target.bound]} {words.lstrip('+')}"


def _choose_words(target: TargetConfig) -> Callable[[float | None], str]:
    match target.unit:
        case "number":
            return say_number
        case "percent":
            return say_percent
        case "points":
            return say_points
        case "seconds":
            return say_duration
        case "gigabytes":
            return say_gigabytes
        case "truth":
            return say_truth
        case _:
            assert_never(target.unit)


def count_targets(verdicts: list[Verdict]) -> dict[str, int]:
    """How many were met, of how many."""
    return {"targets_met": sum(verdict.met for verdict in verdicts), "targets_total": len(verdicts)}
