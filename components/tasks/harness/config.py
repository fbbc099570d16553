"""What a task page of lm-evaluation-harness 0.4 may say, key by key, under its own names."""

from collections.abc import Callable
from typing import Any, Literal

from components.base.config import Config, NonNegativeInt, PositiveInt

Code = Callable[..., Any]
"""A `!function` of a page that may run its code."""
Text = str | Code
OutputType = Literal["loglikelihood", "multiple_choice", "loglikelihood_rolling", "generate_until"]
FileNames = str | list[str]


class RowsKwargs(Config):
    """Where rows are, and how their files are read; the words are those of `datasets.load_dataset`."""

    data_files: FileNames | dict[str, FileNames] | None = None
    """A file, some, or those of each split; relative to where one stands, else to the page."""
    data_dir: str | None = None
    """A folder in which the files' names begin."""
    field: str | None = None
    """Key of the list of rows within a JSON object."""
    delimiter: str | None = None
    """Between the cells of a csv row."""
    sep: str | None = None
    """The same."""
    names: list[str] | None = None
    """Of the columns of a csv file."""
    column_names: list[str] | None = None
    """The same."""
    header: int | None = None
    """Line of a csv file that names the columns."""
    quotechar: str | None = None
    """Around a csv cell."""
    encoding: str | None = None
    """Of the files."""
    trust_remote_code: bool | None = None
    """Means nothing: rows are local files, and none of them is run."""


class FewshotKwargs(Config):
    """How demonstrations differ from the question that is asked."""

    sampler: Literal["default", "first_n"] = "default"
    """Drawn for each question, or the first ones."""
    split: str | None = None
    """Of which they are taken."""
    samples: list[dict[str, Any]] | Code | None = None
    """They themselves."""
    fewshot_indices: list[int] | None = None
    """Read and not used, as in lm-eval 0.4.13."""
    process_docs: Code | None = None
    """Makes other rows of the split's."""
    doc_to_text: Text | int | None = None
    """Their question."""
    doc_to_choice: Text | list[str] | dict[str, str] | None = None
    """Their options."""
    doc_to_target: Text | int | list[Any] | None = None
    """Their answer."""
    gen_prefix: str | None = None
    """What their answer begins with."""
    fewshot_delimiter: str | None = None
    """Behind each."""
    target_delimiter: str | None = None
    """Between question and answer."""


class HarnessPage(Config):
    """One task."""

    task: str | None = None
    """Its name."""
    task_alias: str | None = None
    """Its name in tables."""
    tag: str | list[str] | None = None
    """Names under which it is asked together with others."""
    dataset_path: str
    """The form of its rows: json, csv or parquet."""
    dataset_name: str | None = None
    """Of a configuration; local files have none."""
    dataset_kwargs: RowsKwargs = RowsKwargs()
    """Where its rows are."""
    training_split: str | None = None
    """Rows to draw demonstrations from, where no other are named."""
    validation_split: str | None = None
    """Rows that are asked where there are none for testing."""
    test_split: str | None = None
    """Rows that are asked."""
    fewshot_split: str | None = None
    """Rows of which demonstrations are drawn."""
    process_docs: Code | None = None
    """Makes other rows of a split's."""
    doc_to_text: Text | int | None = None
    """The question: a column, a template, or the place of the right context among the choices."""
    doc_to_target: Text | int | list[Any] | None = None
    """The answer: a column, a template, an option's place, or several right ones."""
    doc_to_choice: Text | list[str] | dict[str, str] | None = None
    """The options: a column, a template that writes a list, or the list."""
    process_results: Code | None = None
    """Makes figures of a row and what was answered."""
    description: str = ""
    """Said before everything: a column or a template."""
    target_delimiter: str = " "
    """Between question and answer."""
    fewshot_delimiter: str = "\n\n"
    """Behind each demonstration."""
    fewshot_config: FewshotKwargs | None = None
    """How demonstrations differ."""
    num_fewshot: NonNegativeInt | None = None
    """So many demonstrations; null is none."""
    output_type: OutputType = "generate_until"
    """What is asked of the model."""
    metric_list: list[dict[str, Any]] | None = None
    """Figures; null takes those of the output type."""
    generation_kwargs: dict[str, Any] | None = None
    """How an answer is written: until, max_gen_toks, do_sample, temperature."""
    repeats: PositiveInt = 1
    """Answers to each question."""
    filter_list: list[dict[str, Any]] | None = None
    """What is done to answers before they are judged; null takes the first answer as it is."""
    gen_prefix: str | None = None
    """What the answer begins with: a column or a template."""
    should_decontaminate: bool = False
    """Read and not used: a run of ours decontaminates by itself."""
    doc_to_decontamination_query: str | None = None
    """The same."""
    metadata: dict[str, Any] | None = None
    """Whatever the page says of itself; `version` travels into the results."""


class GroupMetric(Config):
    """A figure of a group."""

    metric: str
    """Its name in the tasks."""
    filter_list: str | list[str] | None = None
    """Names of filters; null takes all that the tasks have."""
    aggregation: Literal["mean"] = "mean"
    """The mean."""
    weight_by_size: bool = True
    """Whether a task counts as often as it has items."""


class GroupPage(Config):
    """Tasks whose figures are averaged."""

    group: str
    """Its name."""
    group_alias: str | None = None
    """Its name in tables."""
    task: str | list[str | dict[str, Any]]
    """Names of tasks on pages beside this one, or whole tasks."""
    aggregate_metric_list: list[GroupMetric] | GroupMetric | None = None
    """Figures of the group; null has none."""
    metadata: dict[str, Any] | None = None
    """Whatever the page says of itself."""
