"""The stage's figures, and the gate that holds them against their budgets."""

from collections.abc import Mapping

from components.base.errors import GateError
from components.base.metrics import Metrics
from components.quantize.config import BudgetConfig
from components.quantize.quality import Quality
from components.quantize.speed import Speed

DIGITS = 6


def collect_metrics(size_ratio: float, before: Quality, after: Quality, speeds: Mapping[str, Speed]) -> Metrics:
    """All figures of the stage; `speeds` has the entries fp32, bf16 and int8."""
    ratios = {
        f"{kind}_speedup_{other}": _rate(speeds["int8"], kind) / _rate(speeds[other], kind)
        for kind in ("decode", "prefill")
        for other in ("fp32", "bf16")
    }
    rates = {
        f"{kind}_tokens_per_s": {name: round(_rate(speed, kind), 1) for name, speed in speeds.items()}
        for kind in ("decode", "prefill")
    }
    figures = {
        "size_ratio": size_ratio,
        "val_loss_before": before.val_loss,
        "val_loss_after": after.val_loss,
        "val_loss_rise": after.val_loss / before.val_loss - 1,
        "exact_match_before": before.exact_match,
        "exact_match_after": after.exact_match,
        "exact_match_drop": before.exact_match - after.exact_match,
        **ratios,
    }
    return {**{name: round(value, DIGITS) for name, value in figures.items()}, **rates}


def check_budget(metrics: Metrics, budget: BudgetConfig) -> Metrics:
    """Pass the metrics through; raises GateError that names every figure beyond its budget."""
    limits = {
        "size_ratio": budget.max_size_ratio,
        "val_loss_rise": budget.max_val_loss_rise,
        "exact_match_drop": budget.max_exact_match_drop,
    }
    broken = [
        f"{name} {metrics[name]:.4f} is above {limit:g}"
        for name, limit in limits.items()
        if not metrics[name] <= limit  # so that a NaN fails, too
    ]
    if broken:
        raise GateError(f"quantize: {'; '.join(broken)}: the INT8 model costs more than its budget")
    return metrics


def _rate(speed: Speed, kind: str) -> float:
    return speed.decode_tokens_per_s if kind == "decode" else speed.prefill_tokens_per_s
