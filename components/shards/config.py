"""Which held-out text every model of a run is measured on."""

from components.base.config import Config, PositiveInt


class ValidationTextConfig(Config):
    """Sequences that lie evenly over the corpus's validation split, the same for every stage that measures a model."""

    sequences: PositiveInt = 128
    """Sequences, or all of the split where it has fewer."""
    seq_len: PositiveInt = 256
    """Tokens of a sequence, or the model's context where that is shorter."""
