"""The evaluation table: model × method, each cell a share with its 95 % interval."""

from collections.abc import Callable, Mapping
from typing import Any

from components.metrics.deployment import Cell, Table
from components.plots.intervals import Interval
from components.report.formatting import format_percent
from components.report.run_record import RunRecord, number_at


def name_method(method: str) -> str:
    """few_shot_cot is Few-shot CoT."""
    words = method.replace("_", "-").replace("-cot", " CoT")
    return words[:1].upper() + words[1:]


def name_task(task: str | None) -> str:
    """everyday_sums is everyday sums; a run of a component of the user's own may leave no name."""
    return "held-out items" if task is None else task.replace("_", " ")


def format_score(cell: Cell) -> str:
    """63.4 %."""
    return format_percent(cell.exact_match)


def format_interval(cell: Cell) -> str:
    """59.1–67.5."""
    return f"{cell.low * 100:.1f}–{cell.high * 100:.1f}"


def format_confidence(run: RunRecord) -> str:
    """What the intervals hold, as the evaluation was told: 95 %."""
    return format_percent(number_at(run["evaluate"].facts, "params.confidence"), 0)


def list_methods(table: Table) -> list[str]:
    """All methods, in the order in which they first appear."""
    return list(dict.fromkeys(method for row in table.values() for method in row))


def list_helpers() -> dict[str, Callable[..., Any]]:
    """What the templates' tables of scores ask for by name."""
    return {
        "list_methods": list_methods,
        "name_method": name_method,
        "format_score": format_score,
        "format_interval": format_interval,
    }


def make_intervals(row: Mapping[str, Cell]) -> list[Interval]:
    """One model's methods, the best one stressed."""
    best = max((cell.exact_match for cell in row.values()), default=None)
    return [
        Interval(name_method(method), cell.exact_match, cell.low, cell.high, cell.exact_match == best)
        for method, cell in row.items()
    ]
