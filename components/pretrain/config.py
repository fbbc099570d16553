"""What pretraining can be told."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config, NonNegativeInt, PositiveInt
from components.model.config import AnyModelConfig
from components.optim.config import OptimizationConfig

OpenFraction = Annotated[float, Field(gt=0.0, lt=1.0)]
DENOISING = ("span_corruption", "mixture_of_denoisers")


class DenoiserConfig(Config):
    """One way to hide part of a text. `mean_span: null` hides its end (mode S: a prefix to go on from)."""

    mode: Literal["R", "S", "X"]
    """The token that stands first, so that the model knows what is asked: regular, sequential or extreme."""
    mean_span: Annotated[float, Field(ge=1.0)] | None
    """Mean length of a hidden span, in tokens; null hides the end of the text."""
    corruption: OpenFraction
    """Share of the text that is hidden."""


UL2_DENOISERS = (
    DenoiserConfig(mode="R", mean_span=3.0, corruption=0.15),
    DenoiserConfig(mode="R", mean_span=8.0, corruption=0.15),
    DenoiserConfig(mode="S", mean_span=None, corruption=0.25),
    DenoiserConfig(mode="X", mean_span=3.0, corruption=0.5),
    DenoiserConfig(mode="X", mean_span=8.0, corruption=0.5),
    DenoiserConfig(mode="X", mean_span=64.0, corruption=0.15),
    DenoiserConfig(mode="X", mean_span=64.0, corruption=0.5),
)
"""The seven of Tay et al. 2022 (arXiv 2205.05131), table 1."""


class ObjectiveConfig(Config):
    """What the model is asked to predict of a text."""

    kind: Literal["language_modeling", "prefix_lm", "span_corruption", "mixture_of_denoisers"]
    """The next token, also after a prefix read both ways; hidden spans; or a mixture of such (UL2)."""
    mean_span: Annotated[float, Field(ge=1.0)] = 3.0
    """Mean length of a hidden span, in tokens."""
    corruption: OpenFraction = 0.15
    """Share of the text that is hidden."""
    denoisers: Annotated[tuple[DenoiserConfig, ...], Field(min_length=1, strict=False)] = UL2_DENOISERS
    """Drawn evenly; give one twice to double its share."""


class TrainingConfig(Config):
    """How long and in what portions: sizes are global, so the number of workers changes no result."""

    total_tokens: NonNegativeInt
    """Tokens that are trained on, all workers together."""
    global_batch_tokens: PositiveInt
    """Tokens of one optimiser step, all workers together."""
    seq_len: PositiveInt
    """Tokens of a training sequence."""
    seed_offset: NonNegativeInt = 0
    """Added to the shared seed for weights and order: the same run again under another luck."""
    precision: Literal["bf16", "fp32"]
    """bf16 computes in bfloat16 over fp32 weights."""
    optimization: OptimizationConfig
    """The optimiser and its schedule."""
    separate_documents: bool = True
    """Whether the documents of a row are kept from seeing each other; for the objective language_modeling alone."""
    validate_every_steps: PositiveInt
    """Optimiser steps between two measurements of the validation loss."""
    validation_sequences: PositiveInt
    """Sequences that the validation loss is measured on, evenly over the validation split."""


class EvaluationConfig(Config):
    """What the finished model is asked."""

    ngram_order: Annotated[int, Field(ge=1, le=8)] | None
    """The n-gram model that it must beat; null leaves the baseline out."""
    length_factors: list[Annotated[int, Field(ge=1, le=64)]]
    """Multiples of the trained length at which the loss is measured, position by position."""
    length_tokens: PositiveInt
    """About so many tokens of the validation split for each length."""
    texts: PositiveInt
    """Validation texts to continue and to fill in, evenly over the validation split."""
    continued_tokens: PositiveInt
    """Tokens that a text is continued by."""
    infilled_tokens: PositiveInt
    """Tokens that are hidden in a text to be filled in."""


class ScratchConfig(Config):
    """A new model from random weights."""

    kind: Literal["scratch"]
    model: AnyModelConfig
    """The model to build."""
    objective: ObjectiveConfig
    """What it learns to predict."""
    training: TrainingConfig
    """How long, in what portions, how optimised."""
    evaluation: EvaluationConfig
    """What is measured of the base model."""


class PretrainedConfig(Config):
    """Weights from a Hugging Face folder; with `total_tokens: 0` they are taken as they are."""

    kind: Literal["pretrained"]
    path: str
    """A Hugging Face folder of a causal language model."""
    convert_to: Literal["prefix_decoder"] | None = None
    """Let a causal decoder learn to read its prefix in both directions (Tay et al. 2022, U-PaLM)."""
    objective: ObjectiveConfig
    """What it learns to predict."""
    training: TrainingConfig
    """How long, in what portions, how optimised; 0 tokens take the model as it is."""
    evaluation: EvaluationConfig
    """What is measured of the base model."""


PretrainConfig = ScratchConfig | PretrainedConfig
