"""What quantization may do, how it is measured, and what it may cost."""

from typing import Literal

from components.base.config import Config, Fraction, NonNegativeFloat, PositiveInt
from components.tasks.config import Names


class QualityConfig(Config):
    """What the model is asked before and after, beside the run's validation text; never the test items."""

    tasks: Names | None = None
    """Whose items are asked, by name, in equal shares; null takes all that have items for validation."""
    items: PositiveInt
    """Items for validation, all tasks together, answered greedily with a chain of thought; fewer where the tasks have
    fewer."""
    max_new_tokens: PositiveInt
    """Longest answer, in tokens."""


class SpeedConfig(Config):
    """One decode loop and one prefill, repeated in turns over the models that are compared."""

    batch_size: PositiveInt
    """Sequences decoded together."""
    prompt_tokens: PositiveInt
    """Tokens of each prompt."""
    decode_tokens: PositiveInt
    """Tokens decoded after it."""
    rounds: PositiveInt
    """Alternating rounds; the median counts."""


class BudgetConfig(Config):
    """The stage fails beyond any of these."""

    max_size_ratio: Fraction
    """Largest size of the INT8 weights, as a share of the fp32 ones."""
    max_val_loss_rise: NonNegativeFloat
    """Relative: 0.01 is one percent."""
    max_exact_match_drop: Fraction
    """Largest drop of exact match, as a share of all items."""


class Int8Config(Config):
    """INT8 weights per output channel, INT8 activations per token."""

    kind: Literal["int8"]
    embeddings: bool
    """Quantize the token embedding and the output head too."""
    quality: QualityConfig
    """What is measured before and after."""
    speed: SpeedConfig
    """How decoding speed is measured."""
    budget: BudgetConfig
    """What INT8 may cost; beyond it the stage fails."""


QuantizeConfig = Int8Config
