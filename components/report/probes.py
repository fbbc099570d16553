"""What the probes found, as captioned panels: what tuning, alignment and INT8 do to what a model makes of context."""

from collections.abc import Mapping
from dataclasses import replace

from components.metrics.probes import LinearFunctionFigures, ModelProbes
from components.metrics.prompting import IclMetrics
from components.plots.lines import Line, Points, draw_lines
from components.plots.style import Tone
from components.report.formatting import DASH, format_number
from components.report.panels import SMALL, Panel

TONES: Mapping[str, Tone] = {"base": "dashed", "sft": "second", "aligned": "accent", "int8": "third"}
"""The models in the order in which they were made; a file of figures has them by name."""


def draw_probes(metrics: IclMetrics) -> list[Panel]:
    """Induction, the in-context score and the k-shot curve across the models, and linear functions; what there is."""
    probes = {name: metrics.probes[name] for name in TONES if name in metrics.probes}
    panels = [_draw_induction(probes), _draw_context(probes), _draw_curve(probes)]
    if metrics.linear_functions is not None:
        panels.append(_draw_functions(metrics.linear_functions))
    return [panel for panel in panels if panel is not None]


def _draw_induction(probes: Mapping[str, ModelProbes]) -> Panel | None:
    known = {name: found for name, found in probes.items() if found.induction_score is not None}
    if not known:
        return None
    best = [(float(at), found.induction_score or 0.0) for at, found in enumerate(known.values())]
    even = [(float(at), found.even_score or 0.0) for at, found in enumerate(known.values())]
    frame = replace(SMALL, x_label="", x_names=tuple(known), from_zero=True)
    lines = [Line("best head", best, dots=True), Line("an even gaze", even, "dashed")]
    heads = ", ".join(f"{name} {found.induction_heads}" for name, found in known.items())
    caption = (
        f"Attention to what followed the last time, of the best head; 1 is a pure copier. Induction heads: {heads}."
    )
    keys = (("accent", "best head"), ("dashed", "a head that looks everywhere alike"))
    return Panel("Induction", format_number(best[-1][1]), caption, draw_lines(lines, "Induction", frame), keys)


def _draw_context(probes: Mapping[str, ModelProbes]) -> Panel | None:
    known = {name: found for name, found in probes.items() if found.in_context_score is not None}
    if not known:
        return None
    frame = replace(SMALL, x_label="", x_names=tuple(known))
    score, low, high = (
        [(float(at), getattr(found, field)) for at, found in enumerate(known.values())]
        for field in ("in_context_score", "in_context_low", "in_context_high")
    )
    lines = [Line("score", score, dots=True), Line("low", low, "quiet"), Line("high", high, "quiet")]
    caption = "Nats late in a document minus nats early in it, with the interval; below zero context helps."
    return Panel("In-context score", format_number(score[-1][1]), caption, draw_lines(lines, "In-context score", frame))


def _draw_curve(probes: Mapping[str, ModelProbes]) -> Panel | None:
    curves = {name: _read_points(found.curve) for name, found in probes.items() if found.curve}
    if not curves:
        return None
    lines = [Line(name, points, TONES[name], dots=True) for name, points in curves.items()]
    last = list(curves.values())[-1]
    caption = "Nats of the right answer behind more and more demonstrations, drawn at random."
    chart = draw_lines(lines, "Demonstrations", replace(SMALL, x_label="demonstrations", from_zero=True))
    keys = tuple((TONES[name], name) for name in curves)
    return Panel("Demonstrations", format_number(last[-1][1]) if last else DASH, caption, chart, keys)


def _read_points(curve: Mapping[str, float]) -> Points:
    return sorted((float(count), nats) for count, nats in curve.items())


def _draw_functions(found: LinearFunctionFigures) -> Panel:
    lines = [
        Line("a small transformer", [(float(at), error) for at, error in enumerate(found.model)], dots=True),
        Line("least squares", [(float(at), error) for at, error in enumerate(found.least_squares)], "dashed"),
    ]
    caption = "Squared error on a new linear function behind so many known points; dashes are least squares."
    chart = draw_lines(lines, "Linear functions in context", replace(SMALL, x_label="known points", from_zero=True))
    value = format_number(found.model[-1]) if found.model else DASH
    keys = (("accent", "a small transformer"), ("dashed", "least squares"))
    return Panel("Linear functions", value, caption, chart, keys)
