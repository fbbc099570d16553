"""Accuracy by model and method, with intervals, as one SVG file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from components.evaluate.scores import Table

WIDTH_IN, HEIGHT_IN = 9.0, 4.2
GROUP_WIDTH = 0.8
COLOURS = ("#9aa5b1", "#5b8db8", "#e0a458", "#c8553d", "#588157")
INK, FAINT = "#1f2933", "#e4e7eb"
STYLE = {
    "svg.hashsalt": "ontogeny",  # the same figures give the same bytes
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def plot_accuracy(table: Table, title: str, confidence: float, path: Path) -> None:
    """Draw one group of bars per model, one bar per method, whiskers for the interval."""
    methods = list(dict.fromkeys(method for row in table.values() for method in row))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), layout="constrained")
        axes = figure.subplots()
        width = GROUP_WIDTH / len(methods)
        for index, method in enumerate(methods):
            offset = (index - (len(methods) - 1) / 2) * width
            _draw_bars(axes, table, method, offset, width, COLOURS[index % len(COLOURS)])
        _dress(axes, list(table), f"{title}: exact match with {confidence:.0%} intervals")
        figure.legend(loc="outside lower center", ncols=len(methods), frameon=False)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _draw_bars(axes: Any, table: Table, method: str, offset: float, width: float, colour: str) -> None:
    cells = {place: row[method] for place, row in enumerate(table.values()) if method in row}
    places = [place + offset for place in cells]
    shares = [cell["exact_match"] for cell in cells.values()]
    axes.bar(places, shares, width * 0.9, label=_name(method), color=colour, zorder=2)
    axes.errorbar(places, shares, yerr=_whiskers(cells), fmt="none", ecolor=INK, elinewidth=1, capsize=2.5, zorder=3)


def _whiskers(cells: Mapping[int, Mapping[str, float]]) -> list[list[float]]:
    below = [max(0.0, cell["exact_match"] - cell["low"]) for cell in cells.values()]
    above = [max(0.0, cell["high"] - cell["exact_match"]) for cell in cells.values()]
    return [below, above]


def _dress(axes: Any, models: list[str], title: str) -> None:
    axes.set_title(title, loc="left", fontsize=11, fontweight="bold")
    axes.set_xticks(range(len(models)), models)
    axes.set_ylim(0, 1)
    axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    axes.grid(axis="y", color=FAINT, zorder=0)
    axes.tick_params(length=0)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _name(method: str) -> str:
    return method.replace("_cot", " CoT").replace("_", "-")
