"""How a fine-tuning run is told what to do; what the stages that have one share in params.yaml."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config, PositiveFloat, PositiveInt
from components.optim.config import OptimizationConfig

TargetModules = Literal["all-linear"] | Annotated[list[str], Field(min_length=1)]
"""Names of linear layers, or all but the head."""


class NoAdapter(Config):
    """Every weight is trained."""

    kind: Literal["none"]


class LoraAdapter(Config):
    """Low-rank adapters (Hu et al. 2021) are trained, and all other weights stay as they are, in their own dtype."""

    kind: Literal["lora"]
    rank: PositiveInt
    """Rank of the adapters."""
    alpha: PositiveFloat
    """Scale of the adapters: their output is multiplied by alpha / rank."""
    target_modules: TargetModules
    """Names of linear layers, or all but the head."""


Adapter = Annotated[NoAdapter | LoraAdapter, Field(discriminator="kind")]


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
