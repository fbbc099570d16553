"""Groups of bars with whiskers."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from components.plots.intervals import Interval
from components.plots.style import TONES, draw

WIDTH, HEIGHT = 648, 302
GROUP_WIDTH = 0.8
COLOURS = ("#9aa5b1", "#5b8db8", "#e0a458", "#c8553d", "#588157")


def draw_groups(groups: Mapping[str, Mapping[str, Interval]], title: str) -> Figure:
    """One group per key, one bar per series, whiskers for the interval; shares from 0 to 100 %."""
    series = list(dict.fromkeys(name for row in groups.values() for name in row))
    with draw(WIDTH, HEIGHT) as (figure, axes):
        width = GROUP_WIDTH / len(series)
        for index, name in enumerate(series):
            cells = {place: row[name] for place, row in enumerate(groups.values()) if name in row}
            places = [place + (index - (len(series) - 1) / 2) * width for place in cells]
            values = [cell.value for cell in cells.values()]
            whiskers = [
                [max(0.0, cell.value - cell.low) for cell in cells.values()],
                [max(0.0, cell.high - cell.value) for cell in cells.values()],
            ]
            axes.bar(places, values, width * 0.9, label=name, color=COLOURS[index % len(COLOURS)], zorder=2)
            axes.errorbar(
                places, values, yerr=whiskers, fmt="none", ecolor=TONES["ink"], elinewidth=1, capsize=2.5, zorder=3
            )  # fmt: skip
        axes.set_title(title, loc="left", fontsize=11, fontweight="bold")
        axes.set_xticks(range(len(groups)), list(groups))
        axes.set_ylim(0, 1)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
        axes.grid(axis="y", color=TONES["rule"], zorder=0)
        figure.legend(loc="outside lower center", ncols=len(series), frameon=False)
        return figure
