"""Line charts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup
from matplotlib.ticker import MaxNLocator, PercentFormatter

from components.plots.style import TONES, Tone, draw, render

Points = list[tuple[float, float]]
MOST_POINTS = 400
NAME_MARGIN = 0.3
LOOKS: dict[Tone, dict[str, Any]] = {
    "accent": {"color": TONES["accent"], "linewidth": 1.8, "zorder": 3},
    "second": {"color": TONES["second"], "linewidth": 1.4, "zorder": 3},
    "third": {"color": TONES["miss"], "linewidth": 1.4, "zorder": 3},
    "quiet": {"color": TONES["accent"], "linewidth": 0.9, "alpha": 0.38, "zorder": 2},
    "dashed": {"color": TONES["soft"], "linewidth": 1.4, "linestyle": (0, (4, 3)), "zorder": 2},
}


@dataclass(frozen=True)
class Line:
    """One series; `quiet` lies behind the others, `dashed` is a level to compare with."""

    label: str
    points: Points
    tone: Tone = "accent"
    dots: bool = False


@dataclass(frozen=True)
class Frame:
    """Size (in CSS pixels) and bounds of a chart; names take the place of numbers along x."""

    width: int = 480
    height: int = 250
    x_label: str = "step"
    x_names: tuple[str, ...] = ()
    x_bounds: tuple[float, float] | None = None
    y_bounds: tuple[float, float] | None = None
    from_zero: bool = False
    shade: tuple[float, float] | None = None
    percent: bool = False


def draw_lines(lines: Sequence[Line], title: str, frame: Frame | None = None) -> Markup:
    """A line chart; with nothing to draw, a frame that says so."""
    frame = frame or Frame()
    drawn = [line for line in lines if line.points]
    if not drawn:
        return draw_empty(title, frame)
    with draw(frame.width, frame.height) as (figure, axes):
        for line in drawn:
            _draw_line(axes, line)
        _set_bounds(axes, drawn, frame)
        _dress(axes, frame)
        return render(figure, title)


def draw_empty(title: str, frame: Frame | None = None) -> Markup:
    """A chart of what was not measured."""
    frame = frame or Frame()
    with draw(frame.width, frame.height) as (figure, axes):
        axes.set_axis_off()
        axes.text(0.5, 0.5, "not measured in this run", color=TONES["soft"], ha="center", va="center")
        return render(figure, title)


def thin_out(points: Points, most: int = MOST_POINTS) -> Points:
    """At most `most` points; of each stretch both extremes stay, so that no spike is hidden."""
    if len(points) <= most:
        return points
    size = -(-2 * len(points) // most)
    kept: Points = []
    for start in range(0, len(points), size):
        stretch = points[start : start + size]
        ends = {min(stretch, key=lambda p: p[1]), max(stretch, key=lambda p: p[1])}
        kept.extend(sorted(ends))
    return kept


def _draw_line(axes: Any, line: Line) -> None:
    xs, ys = zip(*thin_out(line.points), strict=True)
    axes.plot(xs, ys, **LOOKS[line.tone], solid_capstyle="round", solid_joinstyle="round")
    if line.dots or len(xs) == 1:
        look = {"color": LOOKS[line.tone]["color"], "edgecolors": TONES["paper"], "linewidths": 1.0, "zorder": 4}
        axes.scatter(xs, ys, s=30, clip_on=False, **look)


def _set_bounds(axes: Any, lines: Sequence[Line], frame: Frame) -> None:
    if frame.from_zero and min(y for line in lines for _, y in line.points) >= 0:
        axes.set_ylim(bottom=0.0)
    if frame.y_bounds:
        axes.set_ylim(*frame.y_bounds)
    if frame.x_names:
        axes.set_xlim(-NAME_MARGIN, len(frame.x_names) - 1 + NAME_MARGIN)
    elif frame.x_bounds and frame.x_bounds[1] > frame.x_bounds[0]:
        axes.set_xlim(*frame.x_bounds)
    if frame.shade:
        axes.axvspan(*frame.shade, color=TONES["miss"], alpha=0.1, linewidth=0)
        axes.axvline(frame.shade[0], color=TONES["miss"], linewidth=0.8, linestyle=(0, (3, 3)))


def _dress(axes: Any, frame: Frame) -> None:
    """Few round ticks, a quiet grid, and what the axis counts at its end."""
    axes.grid(axis="y", color=TONES["rule"], linewidth=0.8)
    axes.set_axisbelow(True)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0) if frame.percent else format_tick)
    if frame.x_names:
        axes.set_xticks(range(len(frame.x_names)), frame.x_names)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
        axes.xaxis.set_major_formatter(format_tick)
    axes.set_xlabel(frame.x_label, loc="right")


def format_tick(value: float, _: int | None = None) -> str:
    """Short words for a tick: 20 000 is 20k."""
    text = f"{value / 1000:g}k" if abs(value) >= 10_000 else f"{round(value, 10):g}"
    return text.replace("-", "−")
