"""Measured values with their intervals, a row each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.ticker import MaxNLocator, PercentFormatter

from components.plots.lines import draw_empty, format_tick
from components.plots.style import TONES, draw, render

WIDTH = 480
AXIS_HEIGHT = 34


@dataclass(frozen=True)
class Interval:
    """A measured value with its interval."""

    label: str
    value: float
    low: float
    high: float
    strong: bool = False


def draw_intervals(
    rows: Sequence[Interval], title: str, say: Callable[[float], str], *, shares: bool, row_height: int = 28
) -> Markup:
    """Dots with whiskers, the value in words at the end of each row.

    `shares`: on an axis from 0 to 100 %; otherwise on one that just holds every interval. With nothing to draw, a
    frame that says so.
    """
    if not rows:
        return draw_empty(title)
    with draw(WIDTH, AXIS_HEIGHT + row_height * len(rows)) as (figure, axes):
        heights = range(len(rows))
        axes.hlines(
            heights, [r.low for r in rows], [r.high for r in rows], color=TONES["accent"], alpha=0.26, linewidth=5
        )
        axes.scatter(
            [r.value for r in rows], heights, s=48, color=TONES["accent"], edgecolors=TONES["paper"], zorder=3
        )  # fmt: skip
        axes.set_yticks(heights, [row.label for row in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.grid(axis="x", color=TONES["rule"], linewidth=0.8)
        axes.set_axisbelow(True)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
        axes.xaxis.set_major_formatter(PercentFormatter(1.0, decimals=0) if shares else format_tick)
        if shares:
            axes.set_xlim(-0.02, 1.02)
        for height, row in zip(heights, rows, strict=True):
            look = {"color": TONES["accent" if row.strong else "ink"], "fontweight": "bold" if row.strong else "normal"}
            axes.annotate(say(row.value), (1.02, height), xycoords=("axes fraction", "data"), va="center", **look)
        for label in axes.get_yticklabels():
            label.set_color(TONES["ink"])
        return render(figure, title)
