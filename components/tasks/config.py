"""What every stage must agree on: seed, tasks, and held-out text; and the form of a user's task page."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config, NonNegativeInt, PositiveFloat
from components.datasets.rows import RowFormat
from components.model.config import InferenceConfig
from components.shards.config import ValidationTextConfig
from components.tasks.extract import ExtractorName

Metric = Literal["exact_match", "exact_match_ignoring_case"]
Name = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]


class WordProblemsConfig(Config):
    """Generated grade-school word problems with worked solutions; the run's seed is their seed."""

    kind: Literal["word_problems"]
    """Which kind of task it is: the only one so far."""
    min_steps: Annotated[int, Field(ge=1, le=4)]
    """Least number of arithmetic steps in a problem."""
    max_steps: Annotated[int, Field(ge=1, le=4)]
    """Greatest number of arithmetic steps in a problem."""
    step_weights: list[PositiveFloat] = Field([0.1, 0.3, 0.35, 0.25], min_length=4, max_length=4)
    """How often a problem has 1, 2, 3, 4 steps."""
    largest_number: Annotated[int, Field(ge=20, le=1000)] = 100
    """No number in a problem or its solution is larger."""
    exemplar_max_steps: Annotated[int, Field(ge=1, le=4)] = 2
    """Steps of a solved problem shown in a prompt; short ones leave the context, and the time, to the question."""


TaskConfig = WordProblemsConfig


class SharedConfig(Config):
    """Facts on which every stage must agree."""

    seed: NonNegativeInt
    """From which every stage derives its randomness."""
    tasks: Annotated[dict[Name, TaskConfig], Field(min_length=1)]
    """What the model is to learn, prefer and be tested on, by name; each item of a task has one use."""
    validation_text: ValidationTextConfig = ValidationTextConfig()
    """On what text of the corpus models are measured after each stage, so that their losses compare."""
    inference: InferenceConfig = InferenceConfig()
    """How models are read to answer, and to be measured."""


class RowsConfig(Config):
    """Where a task's rows are."""

    path: str
    """File, folder or pattern: one that begins with ./ beside the page, another relative one in the data folder."""
    format: RowFormat
    """How rows are written."""
    limit: NonNegativeInt = 0
    """The first so many rows; 0 is all."""
    records_key: str | None = None
    """Key of the list of rows within a JSON object; null where the file is the list."""
    columns: list[str] | None = None
    """Names of the columns of a table that has no header; null where it has one."""


class AnswerConfig(Config):
    """How an answer is read from text."""

    extractors: list[ExtractorName]
    """The first that finds an answer counts; an empty chain takes all the text."""


class GoldConfig(AnswerConfig):
    """The row's own answer: a template, read by a chain of its own."""

    template: str
    """Jinja2 over the row's fields."""


class ChatPromptConfig(Config):
    """What a chat model is told; `question` is the rendered question."""

    answer_only: str = "{{ question }} Give only the answer."
    """Asks for the answer at once."""
    cot: str = "{{ question }} Think step by step."
    """Asks for a chain of thought (Kojima et al., arXiv 2205.11916)."""


class DocumentPromptConfig(Config):
    """What a base model continues; the cue follows, and makes it answer at once or leaves it free."""

    document: str = "Question: {{ question }}\nAnswer:"
    """A document that lacks its answer."""
    answer_only_cue: str = " The answer is"
    """Makes it answer at once."""
    cot_cue: str = ""
    """Lets it begin with a chain of thought."""


class ExemplarConfig(Config):
    """One few-shot row: a question and its answer, alone and with its chain of thought."""

    question: str
    """As it is asked."""
    answer_only: str
    """The bare answer."""
    cot: str
    """The steps, then the answer."""


class TaskPageConfig(Config):
    """A user's task: one page of YAML. All templates are Jinja2, sandboxed, over a row's fields."""

    name: Name
    """How tables and records call it."""
    rows: RowsConfig
    """Where its rows are."""
    question: str
    """Template of the question."""
    gold: GoldConfig
    """Template of the right answer, and how it is read."""
    answer: AnswerConfig
    """How an answer is read from what a model says."""
    chat: ChatPromptConfig = ChatPromptConfig()
    """How a chat model is asked."""
    base: DocumentPromptConfig = DocumentPromptConfig()
    """How a base model is asked."""
    exemplars: list[ExemplarConfig]
    """Solved questions for few-shot prompts, at least as many as there are shots."""
    metric: Metric = "exact_match"
    """When an answer counts as the gold one."""
