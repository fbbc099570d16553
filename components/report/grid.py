"""The grid of ways to ask: a table and a picture of each model's cells, and where they differ from the baseline."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from components.metrics.prompting import GridCell
from components.plots.intervals import Interval, draw_intervals
from components.report.formatting import DASH, format_count, format_percent, format_points

AXES = ("selection", "order", "format", "method", "tool", "shots", "draw")
CERTAIN = 0.05
"""Of a p-value: below it a difference stands out."""
LEAST_P = 0.001


@dataclass(frozen=True)
class GridRow:
    """A cell in words."""

    name: str
    score: str
    interval: str
    difference: str
    p_value: str
    certain: bool
    spread: str
    clean: str
    computed: str
    generated: str
    seconds: str


@dataclass(frozen=True)
class GridPage:
    """The cells of one model on one task."""

    model: str
    task: str
    baseline: str
    rows: list[GridRow]
    plot: Markup


def describe_grids(cells: Sequence[GridCell]) -> list[GridPage]:
    """One for each model and task, in the order in which they were asked."""
    groups: dict[tuple[str, str], list[GridCell]] = {}
    for cell in cells:
        groups.setdefault((cell.model, cell.task), []).append(cell)
    return [_describe_grid(model, task, own) for (model, task), own in groups.items()]


def _describe_grid(model: str, task: str, cells: Sequence[GridCell]) -> GridPage:
    base = cells[0]
    best = max(cell.exact_match for cell in cells)
    plot = [
        Interval(name_cell(cell, base), cell.exact_match, cell.low, cell.high, cell.exact_match == best)
        for cell in cells
    ]
    return GridPage(
        model=model,
        task=task.replace("_", " "),
        baseline=" · ".join(_say(axis, getattr(base, axis)) for axis in AXES),
        rows=[_write_row(cell, base) for cell in cells],
        plot=draw_intervals(plot, f"{model}, {task}: exact match", format_percent, shares=True, row_height=22),
    )


def name_cell(cell: GridCell, base: GridCell) -> str:
    """A cell by what it has of its own: `knn, 4 shots`."""
    own = [_say(axis, getattr(cell, axis)) for axis in AXES if getattr(cell, axis) != getattr(base, axis)]
    return ", ".join(own) or "baseline"


def _say(axis: str, value: str | int) -> str:
    words = str(value).replace("_", " ")
    match axis:
        case "shots":
            return f"{words} {'shot' if value == 1 else 'shots'}"
        case "draw":
            return f"draw {words}"
        case "tool":
            return "no tool" if words == "none" else words
        case _:
            return words


def _write_row(cell: GridCell, base: GridCell) -> GridRow:
    p_value = cell.p_value
    return GridRow(
        name=name_cell(cell, base),
        score=format_percent(cell.exact_match),
        interval=f"{cell.low * 100:.1f}–{cell.high * 100:.1f}",
        difference=DASH if cell.difference is None else format_points(cell.difference),
        p_value=_say_p_value(p_value),
        certain=p_value is not None and p_value < CERTAIN,
        spread=", ".join(f"{axis} {100 * spread:.1f}" for axis, spread in cell.sensitivity.items()) or DASH,
        clean=_say_clean(cell),
        computed=format_count(cell.computed_tokens),
        generated=format_count(cell.generated_tokens),
        seconds=f"{cell.seconds:.1f}",
    )


def _say_p_value(p_value: float | None) -> str:
    """Three digits, which is as many as it has."""
    if p_value is None:
        return DASH
    return f"{p_value:.3f}" if p_value >= LEAST_P else f"< {LEAST_P}"


def _say_clean(cell: GridCell) -> str:
    """Accuracy where no demonstration overlaps, and how many items those are; nothing where none does."""
    if not cell.overlapping:
        return DASH
    return f"{format_percent(cell.exact_match_without_overlap)} of {cell.n - cell.overlapping}"
