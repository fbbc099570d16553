"""What pretraining can be told."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config, Fraction, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt
from components.model.config import LlamaShape


class OptimizationConfig(Config):
    """AdamW, linear warm-up, then cosine down to `final_lr_fraction` of the peak."""

    learning_rate: PositiveFloat
    final_lr_fraction: Fraction
    warmup_fraction: Fraction
    beta1: Fraction
    beta2: Fraction
    weight_decay: NonNegativeFloat
    clip_norm: PositiveFloat


class TrainingConfig(Config):
    """How long and in what portions: sizes are global, so the number of workers changes no result."""

    total_tokens: NonNegativeInt
    global_batch_tokens: PositiveInt
    seq_len: PositiveInt
    precision: Literal["bf16", "fp32"]
    optimization: OptimizationConfig
    log_every_steps: PositiveInt
    validate_every_steps: PositiveInt
    validation_sequences: PositiveInt
    checkpoint_every_steps: PositiveInt
    ngram_order: Annotated[int, Field(ge=1, le=8)]


class ScratchConfig(Config):
    """A new decoder from random weights."""

    kind: Literal["scratch"]
    model: LlamaShape
    training: TrainingConfig


class PretrainedConfig(Config):
    """Weights from a Hugging Face folder; with `total_tokens: 0` they are taken as they are."""

    kind: Literal["pretrained"]
    path: str
    training: TrainingConfig


PretrainConfig = ScratchConfig | PretrainedConfig
