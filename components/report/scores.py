"""The evaluation table: model × method, each cell a share with its 95 % interval."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.plots.intervals import Interval
from components.report.story import look_up, number_at
from components.report.wording import say_percent


@dataclass(frozen=True)
class Score:
    """One cell of the evaluation table."""

    value: float
    low: float
    high: float
    n: int

    @property
    def percent(self) -> str:
        """63.4 %."""
        return say_percent(self.value)

    @property
    def interval(self) -> str:
        """59.1–67.5."""
        return f"{self.low * 100:.1f}–{self.high * 100:.1f}"


def name_method(method: str) -> str:
    """few_shot_cot is Few-shot CoT."""
    words = method.replace("_", "-").replace("-cot", " CoT")
    return words[:1].upper() + words[1:]


Scores = dict[str, dict[str, Score]]
"""model → method → score."""


def read_scores(figures: Mapping[str, Any]) -> Scores:
    """The scores on word problems."""
    return _read_table(look_up(figures, "evaluate.table") or {})


def read_task_scores(figures: Mapping[str, Any]) -> dict[str, Scores]:
    """The scores on each of the user's own tasks."""
    return {task: _read_table(table) for task, table in (look_up(figures, "evaluate.tasks") or {}).items()}


def _read_table(table: Mapping[str, Any]) -> Scores:
    """The cells that hold a share and both ends of its interval."""
    return {
        model: {method: score for method, cell in row.items() if (score := _read_score(cell))}
        for model, row in table.items()
    }


def _read_score(cell: Mapping[str, Any]) -> Score | None:
    values = [number_at(cell, key) for key in ("exact_match", "low", "high")]
    if any(value is None for value in values):
        return None
    value, low, high = (float(v) for v in values if v is not None)
    return Score(value, low, high, int(number_at(cell, "n") or 0))


def say_confidence(figures: Mapping[str, Any]) -> str:
    """What the intervals hold, as the evaluation was told: 95 %."""
    return say_percent(number_at(figures, "evaluate.params.confidence"), 0)


def list_methods(scores: Mapping[str, Mapping[str, Score]]) -> list[str]:
    """All methods, in the order in which they first appear."""
    return list(dict.fromkeys(method for row in scores.values() for method in row))


def make_intervals(row: Mapping[str, Score]) -> list[Interval]:
    """One model's methods, the best one stressed."""
    best = max((score.value for score in row.values()), default=None)
    return [Interval(name_method(m), s.value, s.low, s.high, s.value == best) for m, s in row.items()]
