"""Learning-rate schedules as pure functions of the step."""

import math
from typing import assert_never

from components.optim.config import (
    AnyScheduleConfig,
    ConstantConfig,
    CosineConfig,
    InverseSqrtConfig,
    LinearConfig,
    OptimizationConfig,
    WarmupStableDecayConfig,
)


def compute_learning_rate(cfg: OptimizationConfig, step: int, total_steps: int, *, peak: float) -> float:
    """The rate of the `step`-th update of `total_steps`: up to `peak` in a straight line, then along the schedule.

    Steps count from 1, so that no update is made at a rate of zero.
    """
    warmup_steps = round(cfg.warmup_fraction * total_steps)
    if warmup_steps and step <= warmup_steps:
        return peak * step / warmup_steps
    return peak * _find_share(cfg.schedule, step, warmup_steps, total_steps)


def _find_share(cfg: AnyScheduleConfig, step: int, warmup_steps: int, total_steps: int) -> float:
    """Share of the peak at a step behind the warm-up."""
    progress = min(1.0, (step - warmup_steps) / max(1, total_steps - warmup_steps))
    match cfg:
        case CosineConfig(final_lr_fraction=final):
            return final + (1.0 - final) * 0.5 * (1.0 + math.cos(math.pi * progress))
        case LinearConfig(final_lr_fraction=final):
            return final + (1.0 - final) * (1.0 - progress)
        case WarmupStableDecayConfig(final_lr_fraction=final):
            left = (total_steps - step) / max(1, round(cfg.decay_fraction * total_steps))
            return final + (1.0 - final) * min(1.0, max(0.0, left))
        case InverseSqrtConfig():
            return math.sqrt(max(1, warmup_steps) / max(1, step))
        case ConstantConfig():
            return 1.0
        case _:
            assert_never(cfg)
