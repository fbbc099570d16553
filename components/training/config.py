"""How a fine-tuning run is told what to do; what the stages that have one share in params.yaml."""

from typing import Literal

from components.base.config import Config, PositiveFloat, PositiveInt
from components.optim.config import OptimizationConfig


class FineTuningConfig(Config):
    """Passes over a fixed set of samples; batch sizes are those of all workers together."""

    epochs: PositiveFloat
    """Passes over the samples; a fraction ends within one."""
    batch_size: PositiveInt
    """Samples of one optimiser step, over all workers."""
    precision: Literal["bf16", "fp32"]
    """bf16 is autocast over fp32 weights."""
    optimization: OptimizationConfig
    """The optimiser and its schedule."""
