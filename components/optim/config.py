"""What an optimiser can be told: one dialect for every stage that trains."""

from components.base.config import Config, Fraction, NonNegativeFloat, PositiveFloat


class OptimizationConfig(Config):
    """AdamW (Loshchilov and Hutter 2019), linear warm-up, then a cosine down to `final_lr_fraction` of the peak."""

    learning_rate: PositiveFloat
    """Peak of the schedule, reached at the end of the warm-up."""
    final_lr_fraction: Fraction
    """Learning rate of the last step, as a share of the peak."""
    warmup_fraction: Fraction
    """Share of all steps in which the rate rises linearly from zero."""
    beta1: Fraction
    """AdamW's decay of the mean gradient."""
    beta2: Fraction
    """AdamW's decay of the mean squared gradient."""
    weight_decay: NonNegativeFloat
    """AdamW's decoupled decay of matrices; gains and biases are left alone."""
    clip_norm: PositiveFloat
    """Largest L2 norm of all gradients together; longer ones are shortened to it."""
