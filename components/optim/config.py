"""What an optimiser can be told: one dialect for every stage that trains.

Options that another kind needs may stay where they are, so that one `-S …optimization.optimizer.kind=lion` is a whole
variant.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from components.base.config import (
    Config,
    Fraction,
    NonNegativeFloat,
    PositiveFloat,
    keep_own_options,
)

OpenFraction = Annotated[float, Field(gt=0.0, lt=1.0)]
Decay = Annotated[float, Field(ge=0.0, lt=1.0)]


class AdamWConfig(Config):
    """AdamW (Loshchilov and Hutter 2019): each weight moves by its own mean gradient over its own spread."""

    kind: Literal["adamw"]
    beta1: Decay = 0.9
    """Decay of the mean gradient, a step."""
    beta2: Decay = 0.95
    """Decay of the mean squared gradient, a step; 0.95 is GPT-3's and LLaMA's, 0.999 Adam's own."""
    eps: PositiveFloat = 1e-8
    """Added to the root of the mean squared gradient."""


class AdafactorConfig(Config):
    """Adafactor (Shazeer and Stern 2018): mean squares as a row and a column a matrix, so hardly any memory."""

    kind: Literal["adafactor"]
    decay_exponent: Annotated[float, Field(gt=0.0, le=1.0)] = 0.8
    """The mean square takes in the newest one with a weight of step ** -this."""
    clip_threshold: Annotated[float, Field(ge=1.0)] = 1.0
    """Largest root mean square of a weight's step, as a share of the rate."""
    multiply_by_parameter_scale: bool = False
    """Multiply steps by the weight's own root mean square, as the paper does: then rates are ten times AdamW's."""
    min_parameter_scale: PositiveFloat = 1e-3
    """Smallest root mean square that a step is multiplied by."""
    eps: PositiveFloat = 1e-30
    """Added to squared gradients."""


class MuonConfig(Config):
    """Muon (Jordan et al. 2024) for hidden matrices, at AdamW's scale; AdamW for embeddings, head, gains and biases."""

    kind: Literal["muon"]
    momentum: Decay = 0.95
    """Hidden matrices: decay of the mean gradient (Nesterov's), a step."""
    newton_schulz_steps: Annotated[int, Field(ge=1, le=20)] = 5
    """Hidden matrices: iterations that make a step orthogonal."""
    beta1: Decay = 0.9
    """Other weights: AdamW's decay of the mean gradient, a step."""
    beta2: Decay = 0.95
    """Other weights: AdamW's decay of the mean squared gradient, a step."""
    eps: PositiveFloat = 1e-8
    """Other weights: added to the root of the mean squared gradient."""


class LionConfig(Config):
    """Lion (Chen et al. 2023): the sign of a momentum; wants a rate three to ten times smaller than AdamW's."""

    kind: Literal["lion"]
    beta1: Decay = 0.9
    """Share of the momentum, beside the newest gradient, in the direction of a step."""
    beta2: Decay = 0.99
    """Decay of the momentum, a step."""


AnyOptimizerConfig = Annotated[
    AdamWConfig | AdafactorConfig | MuonConfig | LionConfig,
    Field(discriminator="kind"),
    keep_own_options(AdamWConfig, AdafactorConfig, MuonConfig, LionConfig),
]


class CosineConfig(Config):
    """Half a cosine down to the last step (Touvron et al. 2023, section 2.3)."""

    kind: Literal["cosine"]
    final_lr_fraction: Fraction = 0.1
    """Learning rate of the last step, as a share of the peak."""


class LinearConfig(Config):
    """A straight line down to the last step (Devlin et al. 2019)."""

    kind: Literal["linear"]
    final_lr_fraction: Fraction = 0.1
    """Learning rate of the last step, as a share of the peak."""


class WarmupStableDecayConfig(Config):
    """The peak until the last part of the run, which falls in a straight line (Hu et al. 2024, MiniCPM, section 4)."""

    kind: Literal["warmup_stable_decay"]
    decay_fraction: OpenFraction = 0.1
    """Share of all steps, the last ones, in which the rate falls."""
    final_lr_fraction: Fraction = 0.1
    """Learning rate of the last step, as a share of the peak."""


class InverseSqrtConfig(Config):
    """Down with the square root of the step, whatever the run's length (Vaswani et al. 2017, equation 3)."""

    kind: Literal["inverse_sqrt"]


class ConstantConfig(Config):
    """The peak to the end."""

    kind: Literal["constant"]


AnyScheduleConfig = Annotated[
    CosineConfig | LinearConfig | WarmupStableDecayConfig | InverseSqrtConfig | ConstantConfig,
    Field(discriminator="kind"),
    keep_own_options(CosineConfig, LinearConfig, WarmupStableDecayConfig, InverseSqrtConfig, ConstantConfig),
]


class OptimizationConfig(Config):
    """How gradients become steps: an optimiser, and the learning rate over the run."""

    learning_rate: PositiveFloat
    """Peak of the schedule, reached at the end of the warm-up."""
    warmup_fraction: Fraction
    """Share of all steps in which the rate rises linearly from zero."""
    schedule: AnyScheduleConfig
    """The rate after the warm-up."""
    optimizer: AnyOptimizerConfig
    """What is made of a gradient."""
    weight_decay: NonNegativeFloat
    """Decoupled decay of matrices, times the rate in each step; gains and biases are left alone."""
    clip_norm: PositiveFloat
    """Largest L2 norm of all gradients together; longer ones are shortened to it."""

    @model_validator(mode="after")
    def _parts_fit(self) -> "OptimizationConfig":
        if isinstance(self.schedule, WarmupStableDecayConfig):
            taken = self.warmup_fraction + self.schedule.decay_fraction
            if taken > 1.0 + 1e-9:  # 0.7 and 0.3 may be a little more
                raise ValueError(f"warmup_fraction and schedule.decay_fraction are {taken:g} of all steps together")
        return self
