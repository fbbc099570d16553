"""What each stage forgot: loss on the corpus's validation text, from the base model to the one that is served."""

from components.plots.lines import Frame, Line, draw_lines
from components.report.formatting import DASH, format_loss
from components.report.panels import Panel
from components.report.run_record import RunMetrics

TITLE = "Loss on the corpus"
CAPTION = "Nats a token on the same held-out text; the dashes are the base model. What lies above was forgotten."


def draw_forgetting(metrics: RunMetrics) -> Panel | None:
    """A point for each model of the run; None where no stage has measured it."""
    tuned = (metrics.sft, metrics.align, metrics.quantize)
    base = next((stage.corpus_val_loss_base for stage in tuned if stage.corpus_val_loss_base is not None), None)
    found = {"base": base, **dict(zip(("sft", "aligned", "INT8"), (m.corpus_val_loss for m in tuned), strict=True))}
    measured = {name: loss for name, loss in found.items() if loss is not None}
    if not measured:
        return None
    points = [(float(index), loss) for index, loss in enumerate(measured.values())]
    level = [] if base is None else [(0.0, base), (points[-1][0], base)]
    lines = [Line("base model", level, "dashed"), Line("loss", points, "accent", dots=True)]
    frame = Frame(x_label="", x_names=tuple(measured))
    rises = [f"{stage.corpus_val_loss_rise:+.2f}" for stage in tuned if stage.corpus_val_loss_rise is not None]
    value = f"{rises[-1]} nats".replace("-", "−") if rises else DASH
    return Panel(TITLE, value, CAPTION, draw_lines(lines, TITLE, frame))


def list_forgetting(metrics: RunMetrics) -> list[tuple[str, str, str]]:
    """Model, loss, and rise over the base model, in words."""
    rows = (("sft", metrics.sft), ("aligned", metrics.align), ("INT8", metrics.quantize))
    return [
        (name, format_loss(stage.corpus_val_loss), _format_rise(stage.corpus_val_loss_rise))
        for name, stage in rows
        if stage.corpus_val_loss is not None
    ]


def _format_rise(rise: float | None) -> str:
    return DASH if rise is None else f"{rise:+.3f}".replace("-", "−")
