"""The stage's figures, and the gate that holds them against their budgets."""

from collections.abc import Mapping
from statistics import fmean

from components.base.errors import GateError
from components.metrics.deployment import AnswerFigures, QuantizeMetrics
from components.metrics.figures import merge
from components.metrics.forgetting import compare_losses
from components.quantize.config import BudgetConfig
from components.quantize.quality import Quality
from components.quantize.speed import Speed

DIGITS = 6


def collect_metrics(
    size_ratio: float, before: Quality, after: Quality, speeds: Mapping[str, Speed], *, base_loss: float | None = None
) -> QuantizeMetrics:
    """All figures of the stage; `speeds` has the entries fp32, bf16 and int8, `base_loss` is the base model's."""
    decode = {name: speed.decode_tokens_per_s for name, speed in speeds.items()}
    prefill = {name: speed.prefill_tokens_per_s for name, speed in speeds.items()}
    costs = QuantizeMetrics(
        size_ratio=round(size_ratio, DIGITS),
        decode_speedup_fp32=round(decode["int8"] / decode["fp32"], DIGITS),
        decode_speedup_bf16=round(decode["int8"] / decode["bf16"], DIGITS),
        prefill_speedup_fp32=round(prefill["int8"] / prefill["fp32"], DIGITS),
        prefill_speedup_bf16=round(prefill["int8"] / prefill["bf16"], DIGITS),
        decode_tokens_per_s={name: round(rate, 1) for name, rate in decode.items()},
        prefill_tokens_per_s={name: round(rate, 1) for name, rate in prefill.items()},
    )
    return merge(
        costs,
        _compare(before, after),
        _compare_answers(before, after),
        compare_losses(QuantizeMetrics, after.val_loss, base_loss),
    )


def _compare(before: Quality, after: Quality) -> QuantizeMetrics:
    """The loss of eight bits; nothing where the text is not the model's to read."""
    if before.val_loss is None or after.val_loss is None:
        return QuantizeMetrics()
    return QuantizeMetrics(
        val_loss_before=round(before.val_loss, DIGITS),
        val_loss_after=round(after.val_loss, DIGITS),
        val_loss_rise=round(after.val_loss / before.val_loss - 1, DIGITS),
    )


def _compare_answers(before: Quality, after: Quality) -> QuantizeMetrics:
    """What eight bits cost in right answers; nothing where none of the run's tasks can be asked."""
    if not before.exact_match:
        return QuantizeMetrics()
    tasks = {task: _drop(right, after.exact_match[task]) for task, right in before.exact_match.items()}
    whole = _drop(fmean(before.exact_match.values()), fmean(after.exact_match.values()))
    return QuantizeMetrics(**whole.to_json(), tasks=tasks)


def _drop(before: float, after: float) -> AnswerFigures:
    return AnswerFigures(
        exact_match_before=round(before, DIGITS),
        exact_match_after=round(after, DIGITS),
        exact_match_drop=round(before - after, DIGITS),
    )


def check_budget(metrics: QuantizeMetrics, budget: BudgetConfig) -> QuantizeMetrics:
    """Pass the metrics through; raises GateError that names every figure beyond its budget."""
    limits = (
        ("size_ratio", metrics.size_ratio, budget.max_size_ratio),
        ("val_loss_rise", metrics.val_loss_rise, budget.max_val_loss_rise),
        ("exact_match_drop", metrics.exact_match_drop, budget.max_exact_match_drop),
    )
    broken = [
        f"{name} {figure:.4f} is above {limit:g}"
        for name, figure, limit in limits
        if figure is not None and not figure <= limit  # so that a NaN fails, too
    ]
    if broken:
        raise GateError(f"quantize: {'; '.join(broken)}: the INT8 model costs more than its budget")
    return metrics
