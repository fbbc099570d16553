"""An ablation as tables, a plot of losses and their spread, and losses by position."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markupsafe import Markup

from components.metrics.ablation import AblationFigures, AblationRow, read_ablation
from components.plots.intervals import Interval, draw_intervals
from components.plots.lines import Frame, Line, draw_lines
from components.plots.style import Tone
from components.report.formatting import DASH, format_count, format_gigabytes, format_number, format_percent
from components.report.run_record import Points, number_at

TONES: tuple[Tone, ...] = ("accent", "second", "dashed", "third")
OBJECTIVE = "pretrain.objective.kind"


@dataclass(frozen=True)
class AblationPage:
    """What the page shows of one ablation."""

    title: str
    intro: str
    choices: list[dict[str, str]]
    losses: Markup
    uses: list[dict[str, str]]
    lengths: list[dict[str, str]]
    factors: list[str]
    positions: Markup
    keys: list[tuple[str, str]]


def read_page(path: str | None) -> AblationPage | None:
    """The figures' page; None when no file is named, or none has been written yet."""
    if path is None or not Path(path).is_file():
        return None
    return describe_ablation(read_ablation(Path(path)))


def describe_ablation(figures: AblationFigures) -> AblationPage:
    """Architectures are compared by next-token loss; objectives by what their models are good for."""
    choices = [row for row in figures.rows if OBJECTIVE not in row.set]
    plotted = [row for name in figures.positions for row in figures.rows if row.name == name]
    factors = sorted({factor for row in plotted for run in row.runs for factor in run.get("lengths", {})}, key=int)
    tones = dict(zip((row.name for row in plotted), TONES, strict=False))
    return AblationPage(
        title=figures.title,
        intro=_introduce(figures),
        choices=[_describe_choice(row, figures.rows[0]) for row in choices],
        losses=_draw_losses(choices),
        uses=[_describe_uses(row) for row in figures.rows if OBJECTIVE in row.set or row is figures.rows[0]],
        lengths=[_describe_lengths(row, factors) for row in plotted],
        factors=factors,
        positions=_draw_positions(plotted, tones),
        keys=[(tone, _name(name)) for name, tone in tones.items()],
    )


def collect(row: AblationRow, path: str) -> list[float]:
    """One figure of each run that has it."""
    return [value for run in row.runs if (value := number_at(run, path)) is not None]


def format_spread(values: Sequence[float], digits: int = 3) -> str:
    """Mean and, from two runs on, the sample standard deviation."""
    if not values:
        return DASH
    mean = f"{statistics.mean(values):.{digits}f}"
    return mean if len(values) < 2 else f"{mean} ± {statistics.stdev(values):.{digits}f}"


def _introduce(figures: AblationFigures) -> str:
    run = figures.rows[0].runs[0] if figures.rows and figures.rows[0].runs else {}
    return (
        f"{len(figures.rows)} variants, {format_count(number_at(run, 'trained_tokens'))} tokens each, "
        f"{len(figures.seeds)} seeds. After ±, the standard deviation over seeds: a difference within it is none."
    )


def _describe_choice(row: AblationRow, first: AblationRow) -> dict[str, str]:
    loss, base = collect(row, "next_token_loss"), collect(first, "next_token_loss")
    gap = statistics.mean(loss) - statistics.mean(base) if loss and base and row is not first else None
    return {
        "name": _name(row.name),
        "about": row.about,
        "parameters": format_count(_mean(row, "parameters")),
        "loss": format_spread(loss),
        "gap": DASH if gap is None else f"{gap:+.3f}".replace("-", "−"),
        "rate": format_number(_mean(row, "tokens_per_s")),
        "memory": format_gigabytes(_mean(row, "peak_memory_gb")),
    }


def _describe_uses(row: AblationRow) -> dict[str, str]:
    return {
        "name": _name(row.name),
        "about": row.about,
        "loss": format_spread(collect(row, "next_token_loss")),
        "continuation": format_spread(collect(row, "continuation.loss")),
        "match": format_percent(_mean(row, "continuation.match")),
        "short": format_percent(_mean(row, "continuation.match_short_prefix")),
        "infilling": format_percent(_mean(row, "infilling.match")),
        "left_only": format_percent(_mean(row, "infilling.match_left_only")),
    }


def _describe_lengths(row: AblationRow, factors: Sequence[str]) -> dict[str, str]:
    return {"name": _name(row.name), **{f: format_spread(collect(row, f"lengths.{f}.loss")) for f in factors}}


def _draw_losses(rows: Sequence[AblationRow]) -> Markup:
    """Mean and spread of each variant, the best first."""
    intervals = []
    for row in rows:
        losses = collect(row, "next_token_loss")
        if losses:
            mean, spread = statistics.mean(losses), statistics.stdev(losses) if len(losses) > 1 else 0.0
            intervals.append(Interval(_name(row.name), mean, mean - spread, mean + spread, row is rows[0]))
    intervals.sort(key=lambda interval: interval.value)
    return draw_intervals(intervals, "Loss of each variant", format_number, shares=False, row_height=24)


def _draw_positions(rows: Sequence[AblationRow], tones: dict[str, Tone]) -> Markup:
    """Loss against position in the longest texts; beyond the trained length the chart is shaded."""
    lines, ends = [], (0.0, 0.0)
    for row in rows:
        points, trained = _average_positions(row)
        lines.append(Line(_name(row.name), points, tones.get(row.name, "quiet")))
        ends = (trained, points[-1][0]) if points else ends
    return draw_lines(lines, "Loss by position", Frame(x_label="position", shade=ends if ends[1] > ends[0] else None))


def _average_positions(row: AblationRow) -> tuple[Points, float]:
    """The middle of each stretch of positions with its mean loss over seeds, and the trained length."""
    found: list[Any] = [run["lengths"] for run in row.runs if run.get("lengths")]
    if not found:
        return [], 0.0
    longest = max(found[0], key=int)
    curves = [lengths[longest]["by_position"] for lengths in found]
    trained = float(found[0][longest]["tokens"]) / int(longest)
    width = found[0][longest]["tokens"] / len(curves[0])
    means = [statistics.mean(values) for values in zip(*curves, strict=True)]
    return [((i + 0.5) * width, mean) for i, mean in enumerate(means)], trained


def _mean(row: AblationRow, path: str) -> float | None:
    values = collect(row, path)
    return statistics.mean(values) if values else None


def _name(name: str) -> str:
    return name.replace("_", " ")
