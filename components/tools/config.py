"""Which tool a model may call, and how a call is written."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config, PositiveInt

Mark = Annotated[str, Field(min_length=1, max_length=64)]


class CallMarks(Config):
    """What stands around a call and its result: `<<48 / 2=24>>` as in GSM8K (Cobbe et al. 2021, arXiv 2110.14168)."""

    begin: Mark = "<<"
    """Before what is asked of the tool; a model whose template has tokens for calls is given those."""
    result: Mark = "="
    """Between what is asked and the result: once the model writes it, the tool answers. Spaces at its end are written
    by the tool, so that `" = "` leaves a model the tokens that it knows from plain equations."""
    end: Mark = ">>"
    """After the result; written by the tool."""


class NoTool(Config):
    """The model is by itself."""

    kind: Literal["none"]


class CalculatorConfig(Config):
    """Exact arithmetic of numbers with + - * / × ÷ and parentheses."""

    kind: Literal["calculator"]
    marks: CallMarks = CallMarks()
    """How a call is written."""


class SearchConfig(Config):
    """The passages that share most words with what is asked (BM25)."""

    kind: Literal["search"]
    path: str
    """Rows of jsonl with a field `text`: a file, a folder or a pattern, relative to the repository. The run's own
    corpus is `artifacts/corpus/documents/train`; a stage reads whatever stands there when it runs."""
    passage_words: PositiveInt = 60
    """A document is cut into passages of so many words, which are told whole."""
    passages: PositiveInt = 1
    """So many of the best are told."""
    marks: CallMarks = CallMarks(begin="<<search: ", result="|", end=">>")
    """How a call is written."""


ToolConfig = Annotated[
    NoTool | CalculatorConfig | SearchConfig,
    Field(discriminator="kind", description="What may be called while an answer is written."),
]
