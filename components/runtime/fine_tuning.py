"""How a Hugging Face trainer optimises; what the rooms that use one have in common in params.yaml."""

from typing import Literal

from components.base.config import Config, Fraction, NonNegativeFloat, PositiveFloat, PositiveInt


class FineTuningConfig(Config):
    """AdamW with linear warm-up and a cosine; batch sizes are those of all workers together."""

    epochs: PositiveFloat
    batch_size: PositiveInt
    """Samples of one optimiser step, over all workers."""
    learning_rate: PositiveFloat
    final_learning_rate_fraction: Fraction
    warmup_fraction: Fraction
    weight_decay: NonNegativeFloat
    adam_beta2: Fraction
    clip_norm: PositiveFloat
    precision: Literal["bf16", "fp32"]
    """bf16 is autocast over fp32 weights."""
