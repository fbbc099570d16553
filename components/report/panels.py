"""The curves of the training stages as captioned panels."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from markupsafe import Markup

from components.metrics.training import PretrainMetrics
from components.plots.lines import Frame, Line, draw_lines
from components.report.config import ReportConfig
from components.report.formatting import DASH, format_number, format_percent
from components.report.overoptimisation import find_over_optimisation
from components.report.run_record import Points, RunRecord, read_points, smooth

SMALL = Frame(width=340, height=200)
WARM_UP = 0.04
TRUTH = "Ground truth"


@dataclass(frozen=True)
class Panel:
    """A chart, its last value, the keys to its lines, and what one should see in it."""

    title: str
    value: str
    caption: str
    chart: Markup
    keys: tuple[tuple[str, str], ...] = ()


class Measure(NamedTuple):
    """One column of PPO's curves."""

    column: str
    title: str
    caption: str
    percent: bool = False


PPO_MEASURES = (
    Measure("reward", "Reward", "What PPO climbs: the reward model's score, the only thing it is told."),
    Measure(
        "exact_match",
        TRUTH,
        "Exact match, greedy (pale: of the sampled answers). Never trained on.",
        True,
    ),
    Measure("kl", "KL to sft", "How far the policy has walked from where it began, nats a response."),
    Measure("worked_share", "Worked answers", "Share of responses that show their steps.", True),
    Measure("response_tokens", "Length", "Tokens a response. Steps cost tokens."),
    Measure("entropy", "Entropy", "Falls as the policy makes up its mind, nats a token; zero is collapse."),
    Measure("clip_fraction", "Clip fraction", "Share of tokens whose update the clip held back.", True),
    Measure("explained_variance", "Explained variance", "How well the value net foresees returns; 1 is all."),
    Measure("value_loss", "Value loss", "The critic's own error, clipped."),
)


def draw_pretrain(run: RunRecord, metrics: PretrainMetrics, weight: float) -> list[Panel]:
    """Loss per token, and bits per byte beside the n-gram baseline."""
    curves = run["pretrain"].curves
    loss, val = _skip_start(read_points(curves, "loss")), _skip_start(read_points(curves, "val_loss"))
    bits = _convert(read_points(curves, "val_loss"), metrics)
    ngram = metrics.ngram_bits_per_byte
    level = [] if ngram is None or not bits else [(bits[0][0], ngram), (bits[-1][0], ngram)]
    lines = [Line("train", loss, "quiet"), Line("train, smoothed", smooth(loss, weight)), _validation(val)]
    ours = Line("ours, validation", bits, "accent", dots=True)
    keys = (("accent", "ours, validation"), ("dashed", f"n-gram baseline {format_number(ngram)}"))
    return [
        Panel("Loss", _last(val), "Nats a token, after the first plunge. Validation should hug the training curve.",
              draw_lines(lines, "Pretraining loss"), (("accent", "train"), ("second", "validation"))),
        Panel("Bits per byte", _last(bits), "Independent of the tokenizer. The curve must end below the dashes.",
              draw_lines([ours, Line("n-gram baseline", level, "dashed")], "Bits per byte"), keys),
    ]  # fmt: skip


def draw_tuning(run: RunRecord, weight: float) -> list[Panel]:
    """Instruction tuning and the reward model, side by side."""
    sft, reward = run["sft"].curves, run["reward"].curves
    panels = [
        _loss_panel(
            "Instruction tuning loss", sft, "Assistant turns only, so it starts where the base model left off.", weight
        )
    ]
    panels.append(_loss_panel("Reward model loss", reward, "Pairwise loss; 0.69 is a coin toss.", weight))
    accuracy = read_points(reward, "accuracy")
    lines = [Line("batch", accuracy, "quiet"), Line("smoothed", smooth(accuracy, weight))]
    if accuracy:
        frame = replace(SMALL, y_bounds=(0.0, 1.0), percent=True)
        chart = draw_lines(lines, "Reward model accuracy", frame)
        caption = "Training pairs ranked rightly; the held-out figure is in the table of targets."
        panels.append(Panel("Reward model accuracy", _last(smooth(accuracy, weight), True), caption, chart))
    return panels


def draw_ppo(run: RunRecord, cfg: ReportConfig) -> tuple[list[Panel], str, bool]:
    """PPO's nine measures, the stretch of over-optimisation shaded on each; the verdict in words; whether it is bad."""
    curves = run["align"].curves
    shade = find_over_optimisation(
        smooth(read_points(curves, "reward"), cfg.smoothing),
        read_points(curves, "exact_match"),
        truth_drop=cfg.over_optimisation.truth_drop,
        proxy_rise=cfg.over_optimisation.proxy_rise,
    )
    steps = [float(row["step"]) for row in curves] or [0.0]
    frame = replace(SMALL, x_label="iteration", x_bounds=(steps[0], steps[-1]), shade=shade)
    sampled = read_points(curves, "sampled_accuracy")
    panels = [
        _ppo_panel(measure, read_points(curves, measure.column), sampled if measure.title == TRUTH else [], frame)
        for measure in PPO_MEASURES
    ]
    return panels, _format_verdict(shade, cfg, bool(read_points(curves, "exact_match"))), shade is not None


def _ppo_panel(measure: Measure, points: Points, behind: Points, frame: Frame) -> Panel:
    from_zero = measure.percent or measure.column == "kl"
    frame = replace(frame, percent=measure.percent, from_zero=from_zero)
    lines = [Line("sampled answers", behind, "quiet"), Line(measure.title, points, dots=len(points) <= 12)]
    value = _last(points, measure.percent)
    return Panel(measure.title, value, measure.caption, draw_lines(lines, measure.title, frame))


def _format_verdict(shade: tuple[float, float] | None, cfg: ReportConfig, measured: bool) -> str:
    if not measured:
        return "Ground truth was not measured along the way, so over-optimisation cannot be told from progress."
    if shade:
        return (
            f"Over-optimised from iteration {format_number(shade[0])}: the proxy reward goes on rising "
            f"while the ground truth falls (shaded)."
        )
    drop = format_percent(cfg.over_optimisation.truth_drop, 0)
    return f"No over-optimisation: ground truth never fell {drop} below its peak while the proxy reward rose."


def _loss_panel(title: str, curves: list[dict[str, str]], caption: str, weight: float) -> Panel:
    loss, val = read_points(curves, "loss"), read_points(curves, "val_loss")
    smoothed = smooth(loss, weight)
    lines = [Line("train", loss, "quiet"), Line("train, smoothed", smoothed), _validation(val)]
    return Panel(title, _last(smoothed), caption, draw_lines(lines, title, SMALL))


def _convert(losses: Points, metrics: PretrainMetrics) -> Points:
    """Validation losses as bits per byte, by the ratio of the stage's two final figures."""
    loss, bits = metrics.val_loss, metrics.bits_per_byte
    return [(step, value * bits / loss) for step, value in losses] if loss and bits else []


def _skip_start(points: Points) -> Points:
    """Without the first plunge from random weights, beside which all that follows looks flat."""
    last = points[-1][0] if points else 0.0
    return [point for point in points if point[0] >= WARM_UP * last]


def _validation(points: Points) -> Line:
    return Line("validation", points, "second", dots=len(points) <= 12)


def _last(points: Points, percent: bool = False) -> str:
    if not points:
        return DASH
    return format_percent(points[-1][1]) if percent else format_number(points[-1][1])
