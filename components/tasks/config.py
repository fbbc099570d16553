"""What every stage must agree on: seed, tasks, and held-out text; and the form of a user's task page."""

from typing import Annotated, Any, Literal

from pydantic import Field

from components.base.config import Config, NonNegativeInt, PositiveFloat, PositiveInt
from components.datasets.rows import RowFormat
from components.model.config import InferenceConfig
from components.shards.config import ValidationTextConfig
from components.tasks.extract import ExtractorName
from components.tasks.uses import USES, Use
from components.tools.config import NoTool, ToolConfig

Metric = Literal["exact_match", "exact_match_ignoring_case"]
Name = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
Names = Annotated[list[Name], Field(min_length=1)]
"""Of tasks in shared.tasks."""


class WordProblemsConfig(Config):
    """Generated grade-school word problems with worked solutions; the run's seed is their seed."""

    kind: Literal["word_problems"]
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


class _RowsConfig(Config):
    limit: NonNegativeInt = 0
    """The first so many rows; 0 is all."""
    uses: list[Use] = Field(list(USES), min_length=1)
    """What its items are for: each has one of these uses, by a hash of its question."""


class FileRowsConfig(_RowsConfig):
    """Rows of files."""

    path: str
    """File, folder or pattern: one that begins with ./ beside the page, another relative one in the data folder."""
    format: RowFormat
    """How rows are written; a row of `text` is one line, in the field `text`."""
    records_key: str | None = None
    """Key of the list of rows within a JSON object; null where the file is the list."""
    columns: list[str] | None = None
    """Names of the columns of a table that has no header; null where it has one."""


class HubRowsConfig(_RowsConfig):
    """Rows of a data set of the Hugging Face hub, or of a local data set folder."""

    format: Literal["hub"]
    """That they come from the hub."""
    dataset: str
    """Name on the hub (`owner/name`), or a local data set folder, which begins where paths do."""
    subset: str | None = None
    """Configuration of the data set; null takes its default one."""
    split: str
    """Split of the data set, such as `train`."""
    revision: str | None = None
    """Commit, tag or branch; null takes the newest."""


RowsConfig = Annotated[FileRowsConfig | HubRowsConfig, Field(discriminator="format")]
Parts = Annotated[list[RowsConfig], Field(min_length=1)]


class PageConfig(Config):
    """A task of the user's own: one page of YAML that says where rows are, how to ask them, and what is right."""

    kind: Literal["page"]
    path: str
    """The page, relative to the repository."""
    data_folder: str = "data"
    """Where relative paths of the page's rows begin."""
    rows: Parts | None = None
    """Rows of the page's form that take the place of its own; their paths begin at the repository."""


class HarnessTaskConfig(Config):
    """A task page of lm-evaluation-harness, unchanged, whose rows are local files: items for testing alone."""

    kind: Literal["harness"]
    path: str
    """The page, relative to the repository; its rows lie beside it, or where their names begin from here."""
    allow_code: bool = False
    """Run the `!function`s of the page, which one must trust; false refuses them."""


class ExternalTaskConfig(Config):
    """A task whose items come from a callable of the user's own."""

    kind: Literal["external"]
    target: Annotated[str, Field(pattern=r"^[\w.]+:\w+$", description="package.module:function")]
    options: dict[str, Any] = Field(default_factory=dict)
    """Whatever the callable wants to be told; it takes name, options and seed, and gives an ItemSource."""


TaskConfig = Annotated[
    WordProblemsConfig | PageConfig | HarnessTaskConfig | ExternalTaskConfig,
    Field(discriminator="kind", description="One of the run's tasks, under the name that stages and figures use."),
]


class DecontaminationConfig(Config):
    """What gives a test item away: a run of its words, or the whole of an item that is shorter.

    Words are those of any script; where a script has no spaces, two characters of Chinese, Japanese, Khmer or
    Burmese count as a word, and four of Thai or Lao.
    """

    ngram_words: PositiveInt = 13
    """For items of task pages (GPT-3, arXiv 2005.14165, appendix C)."""
    generated_ngram_words: PositiveInt = 20
    """For generated items; longer, since different stories are told in the same sentence frames."""
    min_ngram_words: PositiveInt = 3
    """Words with letters that a run must hold to count; an item without such a run is named, not looked for."""
    generated_items: NonNegativeInt = 2000
    """So many test items of a task that is generated are looked for; of others all are."""


class SharedConfig(Config):
    """Facts on which every stage must agree."""

    seed: NonNegativeInt
    """From which every stage derives its randomness."""
    tasks: Annotated[dict[Name, TaskConfig], Field(min_length=1)]
    """What the model is to learn, prefer and be tested on, by name; each item of a task has one use."""
    decontamination: DecontaminationConfig = DecontaminationConfig()
    """How texts of the tasks' test items are kept out of the corpus and of all files to train on."""
    validation_text: ValidationTextConfig = ValidationTextConfig()
    """On what text of the corpus models are measured after each stage, so that their losses compare."""
    inference: InferenceConfig = InferenceConfig()
    """How models are read to answer, and to be measured."""
    tool: ToolConfig = NoTool(kind="none")
    """What a model may call while it answers: in data to learn from, in alignment, in every exam, and served."""


class AnswerConfig(Config):
    """How an answer is read from text."""

    extractors: list[ExtractorName]
    """The first that finds an answer counts; an empty chain takes all the text."""


class GoldConfig(Config):
    """The row's own answer: a template, read by a chain of its own."""

    template: str
    """Jinja2 over the row's fields."""
    extractors: list[ExtractorName] = Field(default_factory=list)
    """The first that finds an answer counts; an empty chain takes all the text."""


class ChoicesConfig(Config):
    """Multiple choice. Templates may read the rendered `options`."""

    options: str | Annotated[list[str], Field(min_length=2)]
    """A template for each option, or one Jinja2 expression that gives the list, such as `choices.text`."""
    gold: Literal["index", "letter", "text"]
    """What gold.template gives: the right option's place, from 0, its letter, from A, or its text."""
    by: Literal["letter", "text", "likelihood"]
    """How one chooses: by a letter (options are listed, each behind its letter), by saying the option, or, in
    evaluation and where no chain of thought is asked for, as the likeliest option for its length in bytes (arXiv
    2005.14165, section 2.4); elsewhere the option that is said counts."""


class SolutionConfig(Config):
    """How an item is answered, for whoever learns from it: templates that may read `gold` beside the row's fields."""

    answer_only: str = "{{ gold }}"
    """The bare answer."""
    cot: str | None = None
    """The steps, then the answer; null where none are known."""


class ChatPromptConfig(Config):
    """What a chat model is told; `question` is the rendered question."""

    answer_only: str = "{{ question }} Give only the answer."
    """Asks for the answer at once."""
    cot: str = "{{ question }} Think step by step."
    """Asks for a chain of thought (Kojima et al., arXiv 2205.11916)."""
    plain: str = "{{ question }}"
    """Leaves the way of answering free."""


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
    cot: str | None = None
    """The steps, then the answer; null where none are known."""


class TaskPageConfig(Config):
    """A user's task: one page of YAML. All templates are Jinja2, sandboxed, over a row's fields."""

    rows: RowsConfig | Parts
    """Where its rows are, or one entry for each published split."""
    question: str
    """Template of the question."""
    gold: GoldConfig
    """Template of the right answer, and how it is read."""
    answer: AnswerConfig = AnswerConfig(extractors=[])
    """How an answer is read from what a model says; a choice is read by its own rule."""
    choices: ChoicesConfig | None = None
    """The options of multiple choice; null where the answer is free."""
    solution: SolutionConfig = SolutionConfig()
    """How an item for training is answered."""
    chat: ChatPromptConfig = ChatPromptConfig()
    """How a chat model is asked."""
    base: DocumentPromptConfig = DocumentPromptConfig()
    """How a base model is asked."""
    exemplars: list[ExemplarConfig] = Field(default_factory=list)
    """Solved questions for few-shot prompts, at least as many as there are shots; without any they are drawn from the
    items for training."""
    metric: Metric = "exact_match"
    """When an answer counts as the gold one."""
