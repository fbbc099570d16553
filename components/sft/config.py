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
from components.tasks.config import Name, Names
from components.training.config import FineTuningConfig, TargetModules


class _Data(Config):
    pretraining_share: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.0
    """Share of the training rows that are text of the pretraining corpus, learned in full, so that it is not forgotten
    (Ibrahim et al. 2024, arXiv 2403.08763); 0 is none."""


class StyleWeights(Config):
    """How often an instruction asks for a chain of thought, for the answer only, or leaves it free."""

    cot: NonNegativeFloat
    """Weight of those that ask for steps."""
    answer_only: NonNegativeFloat
    """Weight of those that ask for the bare answer."""
    unconstrained: NonNegativeFloat
    """Weight of those that leave it free."""


class _Telling(Config):
    max_turns: PositiveInt
    """Items of the longest conversation."""
    styles: StyleWeights
    """Kinds of instruction."""
    unconstrained_cot_rate: Fraction
    """Share of the instructions that leave it free which are answered with a chain of thought."""
    demonstrations: NonNegativeInt = 0
    """Solved items shown before the first question, answered as it is, that are not learned themselves."""


class TaskData(_Data, _Telling):
    """Conversations over items of the run's tasks."""

    kind: Literal["tasks"]
    tasks: Names | None = None
    """Whose items are told, by name, in equal shares; null takes all that have items for training."""
    conversations: PositiveInt
    """To train on."""
    validation_conversations: PositiveInt
    """On whose answers the loss is measured."""


class _Files(Config):
    kind: Literal["jsonl", "parquet"]
    path: str
    """A file, a folder or a pattern."""
    validation_fraction: Fraction
    """Drawn by a hash of each conversation, so that equal ones stay together; never none, never all."""


class FileData(_Data, _Files):
    """The user's conversations: rows with messages (OpenAI's form or ShareGPT's), or with two sides of one turn."""


class _Part(Config):
    weight: PositiveFloat
    """Share of the conversations, relative to the other parts' weights."""
    cap: PositiveInt | None = None
    """At most so many conversations to train on; what it leaves goes to the others. Null is no bound."""


class TaskPart(_Part, _Telling):
    """Conversations over items of one of the run's tasks."""

    kind: Literal["task"]
    task: Name
    """Its name in shared.tasks."""


class FilePart(_Part, _Files):
    """The user's conversations; as many of them as fall to the part, drawn at random."""


class MixtureData(_Data):
    """Tasks and files, mixed by weight (Wei et al. 2021, arXiv 2109.01652)."""

    kind: Literal["mixture"]
    conversations: PositiveInt
    """To train on, all parts together; fewer where the parts have fewer."""
    validation_conversations: PositiveInt
    """On whose answers the loss is measured, by the same weights."""
    parts: Annotated[list[Annotated[TaskPart | FilePart, Field(discriminator="kind")]], Field(min_length=1)]
    """What is mixed."""


Data = Annotated[TaskData | FileData | MixtureData, Field(discriminator="kind")]


class EvaluationConfig(Config):
    """Greedy answers to items for validation: neither trained on nor kept for the final evaluation."""

    tasks: Names | None = None
    """Whose items are asked, by name, in equal shares; null takes all that have items for validation."""
    items: NonNegativeInt
    """Asked once in each style, all tasks together; fewer where the tasks have fewer."""
    max_new_tokens: PositiveInt
    """Longest answer, in tokens."""


class _SftConfig(Config):
    data: Data
    """What the model learns to answer."""
    seq_len: PositiveInt
    """Length of a packed row; a longer conversation is cut after the last answer that fits."""
    training: FineTuningConfig
    evaluation: EvaluationConfig
    """What the tuned model is asked."""


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
    target_modules: TargetModules
    """Names of linear layers, or all but the head."""


SftConfig = FullSftConfig | LoraSftConfig
