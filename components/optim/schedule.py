"""Learning-rate schedules as pure functions of the step."""

import math

from components.optim.config import OptimizationConfig


def compute_learning_rate(cfg: OptimizationConfig, step: int, total_steps: int) -> float:
    """The rate of the `step`-th update of `total_steps`; steps count from 1."""
    return warmup_cosine(
        step,
        peak=cfg.learning_rate,
        warmup_steps=round(cfg.warmup_fraction * total_steps),
        total_steps=total_steps,
        final_fraction=cfg.final_lr_fraction,
    )


def warmup_cosine(step: int, *, peak: float, warmup_steps: int, total_steps: int, final_fraction: float) -> float:
    """Linear warm-up to `peak`, then half a cosine down to `final_fraction * peak` at the last step.

    `step` counts from 1 (the first update) to `total_steps`. Source: Touvron et al. 2023 (LLaMA), section 2.3.
    """
    if step <= warmup_steps:
        return peak * step / warmup_steps
    progress = (step - warmup_steps) / max(1, total_steps - warmup_steps)
    cosine = 0.5 * (1.0 + math.cos(math.pi * min(1.0, progress)))
    return peak * (final_fraction + (1.0 - final_fraction) * cosine)
