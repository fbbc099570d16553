"""What evaluation asks, by which methods; and the form of a user's task file."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config, Fraction, NonNegativeInt, PositiveFloat, PositiveInt
from components.problems.checker import ExtractorName
from components.text.rows import RowFormat

Method = Literal["zero_shot", "few_shot", "zero_shot_cot", "few_shot_cot", "self_consistency"]
WORKED_METHODS: frozenset[Method] = frozenset({"zero_shot_cot", "few_shot_cot", "self_consistency"})
FEW_SHOT_METHODS: frozenset[Method] = frozenset({"few_shot", "few_shot_cot", "self_consistency"})
Metric = Literal["exact_match", "exact_match_ignoring_case"]


class WordProblemsTaskConfig(Config):
    """The built-in task: problems for testing."""

    problems: PositiveInt
    exemplar_pool: PositiveInt
    """Solved problems for training, from which each question's exemplars are drawn."""
    exemplar_max_steps: Annotated[int, Field(ge=1, le=4)]
    """Short exemplars leave the context, and the time, to the question."""


class SelfConsistencyConfig(Config):
    """Majority over sampled chains of thought (Wang et al., arXiv 2203.11171), prompted like few_shot_cot."""

    samples: PositiveInt
    temperature: PositiveFloat
    top_p: Annotated[float, Field(gt=0.0, le=1.0)]


class PromptingConfig(Config):
    """In-context learning and chain of thought, judged by exact match."""

    kind: Literal["prompting"]
    methods: Annotated[list[Method], Field(min_length=1)]
    word_problems: WordProblemsTaskConfig
    tasks: list[str]
    """The user's task files (YAML), beside the built-in word problems."""
    data_folder: str
    """Where relative paths in task files begin."""
    shots: PositiveInt
    """Exemplars of few_shot, few_shot_cot and self_consistency."""
    direct_max_new_tokens: PositiveInt
    steps_max_new_tokens: PositiveInt
    self_consistency: SelfConsistencyConfig
    confidence: Annotated[Fraction, Field(gt=0.0, lt=1.0)]


EvaluateConfig = PromptingConfig


class RowsConfig(Config):
    """Where a task's rows are."""

    path: str
    format: RowFormat
    limit: NonNegativeInt = 0
    """The first so many rows; 0 is all."""
    records_key: str | None = None
    columns: list[str] | None = None


class AnswerConfig(Config):
    """How an answer is read from text: the first extractor that finds one; an empty chain takes all the text."""

    extractors: list[ExtractorName]


class GoldConfig(AnswerConfig):
    """The row's own answer: a template, read by a chain of its own."""

    template: str


class ChatPromptConfig(Config):
    """What a chat model is told, by method; `question` is the rendered prompt."""

    direct: str = "{{ question }} Give only the answer."
    steps: str = "{{ question }} Think step by step."


class DocumentPromptConfig(Config):
    """What a base model continues; the cue follows, and makes it answer at once or leaves it free."""

    document: str = "Question: {{ question }}\nAnswer:"
    direct_cue: str = " The answer is"
    steps_cue: str = ""


class ExemplarConfig(Config):
    """One few-shot row: a question and its answer, bare and worked."""

    question: str
    direct: str
    worked: str


class TaskFileConfig(Config):
    """A user's task: one page of YAML. All templates are Jinja2, sandboxed, over a row's fields."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    rows: RowsConfig
    question: str
    gold: GoldConfig
    answer: AnswerConfig
    chat: ChatPromptConfig = ChatPromptConfig()
    base: DocumentPromptConfig = DocumentPromptConfig()
    exemplars: list[ExemplarConfig]
    metric: Metric = "exact_match"
