"""Parameters of instruction tuning."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import (
    Config,
    Fraction,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
)
from components.runtime.fine_tuning import FineTuningConfig


class StyleWeights(Config):
    """How often an instruction asks for steps, asks for the bare answer, or leaves it free."""

    steps: NonNegativeFloat
    direct: NonNegativeFloat
    plain: NonNegativeFloat


class WordProblemData(Config):
    """Conversations from the generator of word problems."""

    kind: Literal["word_problems"]
    conversations: PositiveInt
    validation_conversations: PositiveInt
    max_turns: PositiveInt
    styles: StyleWeights
    plain_worked_share: Fraction
    """How many of the instructions that leave it free are answered with steps."""


class FileData(Config):
    """The user's conversations: rows with messages (OpenAI's form or ShareGPT's), or with two sides of one turn."""

    kind: Literal["jsonl", "parquet"]
    path: str
    """A file, a folder or a pattern."""
    validation_fraction: Fraction
    """Drawn by a hash of each conversation, so that equal ones stay together; never none, never all."""


Data = Annotated[WordProblemData | FileData, Field(discriminator="kind")]


class ExamConfig(Config):
    """Greedy answers to word problems for validation: neither trained on nor kept for the final evaluation."""

    problems: NonNegativeInt
    max_new_tokens: PositiveInt


class _SftConfig(Config):
    data: Data
    seq_len: PositiveInt
    """Length of a packed row; a longer conversation is cut after the last answer that fits."""
    training: FineTuningConfig
    exam: ExamConfig


class FullSftConfig(_SftConfig):
    """Every weight is trained."""

    kind: Literal["full"]


class LoraSftConfig(_SftConfig):
    """Low-rank adapters (Hu et al. 2021); the merged model travels on, the adapter is kept beside it."""

    kind: Literal["lora"]
    rank: PositiveInt
    """Rank of the adapters."""
    alpha: PositiveFloat
    """Scale of the adapters: their output is multiplied by alpha / rank."""
    dropout: Annotated[float, Field(ge=0.0, lt=1.0)]
    """Share of an adapter's input that is dropped in training."""
    target_modules: Literal["all-linear"] | Annotated[list[str], Field(min_length=1)]
    """Names of linear layers, or all but the head."""


SftConfig = FullSftConfig | LoraSftConfig
