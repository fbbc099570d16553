"""Charts as inline SVG: text stays text, colours come from the page, and nothing runs a script."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup, escape

from components.report.axes import Scale, choose_ticks, say_tick
from components.report.story import Points
from components.report.wording import say_number, say_percent

Tone = Literal["accent", "second", "third", "quiet", "dashed"]
MOST_POINTS = 400
LETTER_WIDTH = 6.5
NAME_MARGIN = 0.3


@dataclass(frozen=True)
class Line:
    """One series; `quiet` lies behind the others, `dashed` is a level to compare with."""

    label: str
    points: Points
    tone: Tone = "accent"
    dots: bool = False


@dataclass(frozen=True)
class Frame:
    """Size and bounds of a chart, in SVG units that are close to CSS pixels."""

    width: int = 480
    height: int = 250
    left: int = 48
    right: int = 10
    top: int = 12
    bottom: int = 30
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
        return _draw_empty(title, frame)
    x_scale, y_scale, ticks = _fit(drawn, frame)
    parts = [*_draw_grid(ticks, y_scale, frame), *_draw_steps(x_scale, frame)]
    if frame.shade:
        parts.extend(_draw_shade(frame.shade, x_scale, frame))
    for line in drawn:
        parts.extend(_draw_line(line, x_scale, y_scale))
    return _wrap(parts, title, frame.width, frame.height)


def _fit(lines: Sequence[Line], frame: Frame) -> tuple[Scale, Scale, list[float]]:
    xs = [x for line in lines for x, _ in line.points]
    ys = [y for line in lines for _, y in line.points]
    low, high = frame.y_bounds or (min(ys), max(ys))
    ticks = choose_ticks(min(low, 0.0) if frame.from_zero else low, high)
    x_low, x_high = frame.x_bounds or (min(xs), max(xs))
    if frame.x_names or not x_high > x_low:
        x_low, x_high = x_low - NAME_MARGIN, x_high + NAME_MARGIN
    x_scale = Scale(x_low, x_high, frame.left, frame.width - frame.right)
    return x_scale, Scale(ticks[0], ticks[-1], frame.height - frame.bottom, frame.top), ticks


def _draw_grid(ticks: list[float], y_scale: Scale, frame: Frame) -> list[str]:
    parts = []
    for tick in ticks:
        y = y_scale.place(tick)
        label = say_percent(tick, 0) if frame.percent else say_tick(tick)
        parts.append(f'<line class="grid" x1="{frame.left}" x2="{frame.width - frame.right}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="tick end" x="{frame.left - 8}" y="{y + 4}">{label}</text>')
    return parts


def _draw_steps(x_scale: Scale, frame: Frame) -> list[str]:
    """What the axis counts, at its left; then names where the frame has them, otherwise round steps."""
    y = frame.height - 8
    if frame.x_names:
        marks = [(float(index), name) for index, name in enumerate(frame.x_names)]
    else:
        ticks = choose_ticks(x_scale.low, x_scale.high)
        marks = [(tick, say_tick(tick)) for tick in ticks if x_scale.low <= tick <= x_scale.high]
    parts = [f'<text class="tick" x="0" y="{y}">{escape(frame.x_label)}</text>']
    for value, name in marks:
        x = x_scale.place(value)
        if x > LETTER_WIDTH * (len(frame.x_label) + len(name) / 2 + 1):
            parts.append(f'<text class="tick middle" x="{x}" y="{y}">{escape(name)}</text>')
    return parts


def _draw_shade(shade: tuple[float, float], x_scale: Scale, frame: Frame) -> list[str]:
    left, right = x_scale.place(shade[0]), x_scale.place(shade[1])
    height = frame.height - frame.bottom - frame.top
    return [
        f'<rect class="shade" x="{left}" y="{frame.top}" width="{round(right - left, 2)}" height="{height}"/>',
        f'<line class="shade-edge" x1="{left}" x2="{left}" y1="{frame.top}" y2="{frame.top + height}"/>',
    ]


def _draw_line(line: Line, x_scale: Scale, y_scale: Scale) -> list[str]:
    places = [(x_scale.place(x), y_scale.place(y)) for x, y in thin_out(line.points)]
    path = "M" + "L".join(f"{x} {y}" for x, y in places)
    title = f"<title>{escape(line.label)}</title>"
    parts = [f'<path class="line {line.tone}" d="{path}">{title}</path>'] if len(places) > 1 else []
    if line.dots or len(places) == 1:
        for (x, y), (step, value) in zip(places, thin_out(line.points), strict=True):
            said = f"<title>{escape(line.label)} at {say_number(step)}: {say_number(value)}</title>"
            parts.append(f'<circle class="dot {line.tone}" cx="{x}" cy="{y}" r="3.5">{said}</circle>')
    return parts


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


@dataclass(frozen=True)
class Interval:
    """A measured value with its interval."""

    label: str
    value: float
    low: float
    high: float
    strong: bool = False


def draw_shares(rows: Sequence[Interval], title: str) -> Markup:
    """Dots with whiskers on one axis from 0 to 100 %, a row per interval."""
    ticks = [0.0, 0.25, 0.5, 0.75, 1.0]
    return _draw_intervals(rows, title, ticks, say_percent, lambda tick: say_percent(tick, 0), row_height=32)


def draw_ranges(rows: Sequence[Interval], title: str) -> Markup:
    """The same on an axis that just holds every interval; with nothing to draw, a frame that says so."""
    if not rows:
        return _draw_empty(title, Frame())
    ticks = choose_ticks(min(row.low for row in rows), max(row.high for row in rows))
    return _draw_intervals(rows, title, ticks, say_number, say_tick, row_height=24)


def _draw_intervals(
    rows: Sequence[Interval],
    title: str,
    ticks: Sequence[float],
    say: Callable[[float], str],
    say_mark: Callable[[float], str],
    *,
    row_height: int,
) -> Markup:
    width, left, right, top = 480, 150, 58, 8
    height = top + row_height * len(rows) + 28
    scale = Scale(ticks[0], ticks[-1], left, width - right)
    parts = []
    for tick in ticks:
        x = scale.place(tick)
        parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{top}" y2="{height - 26}"/>')
        parts.append(f'<text class="tick middle" x="{x}" y="{height - 8}">{say_mark(tick)}</text>')
    for index, row in enumerate(rows):
        parts.append(_draw_interval(row, scale, top + row_height * index + row_height / 2, width, say))
    return _wrap(parts, title, width, height)


def _draw_interval(row: Interval, scale: Scale, y: float, width: int, say: Callable[[float], str]) -> str:
    x, low, high = scale.place(row.value), scale.place(row.low), scale.place(row.high)
    said = f"{row.label}: {say(row.value)} ({say(row.low)} to {say(row.high)})"
    strong = " strong" if row.strong else ""
    return (
        f'<g><title>{escape(said)}</title><text class="row" x="0" y="{y + 4.5}">{escape(row.label)}</text>'
        f'<line class="whisker" x1="{low}" x2="{high}" y1="{y}" y2="{y}"/>'
        f'<circle class="dot accent" cx="{x}" cy="{y}" r="5"/>'
        f'<text class="row end{strong}" x="{width}" y="{y + 4.5}">{say(row.value)}</text></g>'
    )


def _draw_empty(title: str, frame: Frame) -> Markup:
    text = f'<text class="tick middle" x="{frame.width / 2}" y="{frame.height / 2}">not measured in this run</text>'
    return _wrap([text], title, frame.width, frame.height)


def _wrap(parts: Sequence[str], title: str, width: int, height: int) -> Markup:
    head = f'<svg class="plot" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">'
    return Markup(head + "".join(parts) + "</svg>")
