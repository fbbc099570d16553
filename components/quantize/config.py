"""What quantization may do, how it is measured, and what it may cost."""

from typing import Literal

from components.base.config import Config, Fraction, NonNegativeFloat, PositiveInt


class QualityConfig(Config):
    """What the model is measured on before and after; never the evaluation problems."""

    batches: PositiveInt
    """Batches of held-out text for the validation loss."""
    batch_size: PositiveInt
    seq_len: PositiveInt
    problems: PositiveInt
    """Word problems of the preference split, answered greedily."""
    max_new_tokens: PositiveInt


class SpeedConfig(Config):
    """One decode loop and one prefill, repeated in turns over the models that are compared."""

    batch_size: PositiveInt
    prompt_tokens: PositiveInt
    decode_tokens: PositiveInt
    rounds: PositiveInt
    """Alternating rounds; the median counts."""


class BudgetConfig(Config):
    """The stage fails beyond any of these."""

    max_size_ratio: Fraction
    max_val_loss_rise: NonNegativeFloat
    """Relative: 0.01 is one percent."""
    max_exact_match_drop: Fraction


class Int8Config(Config):
    """INT8 weights per output channel, INT8 activations per token."""

    kind: Literal["int8"]
    embeddings: bool
    """Quantize the token embedding and the output head too."""
    quality: QualityConfig
    speed: SpeedConfig
    budget: BudgetConfig


QuantizeConfig = Int8Config
