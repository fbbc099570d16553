"""Which ways to ask there are, and which of them meet in a cell."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config, Fraction, NonNegativeInt, PositiveInt
from components.prompting.format.config import Format
from components.prompting.method.config import Method
from components.prompting.order.config import Order
from components.prompting.probes.config import ProbesConfig
from components.prompting.selection.config import Selection
from components.tasks.config import Name, Names
from components.tools.config import ToolConfig

ModelName = Literal["base", "sft", "aligned", "int8"]


class CellConfig(Config):
    """One way to ask: a name of each of the section's lists."""

    selection: Name
    """One of `selections`."""
    order: Name
    """One of `orders`."""
    format: Name
    """One of `formats`."""
    method: Name
    """One of `methods`."""
    tool: Name
    """One of `tools`."""
    shots: NonNegativeInt
    """Demonstrations."""
    draw: NonNegativeInt
    """Tells draws apart: each has other demonstrations at random, other orders at random, and other samples."""


class AxesConfig(Config):
    """Other values than the baseline's; an axis that is left empty stays as it is there."""

    selection: list[Name] = Field(default_factory=list)
    """Of `selections`."""
    order: list[Name] = Field(default_factory=list)
    """Of `orders`."""
    format: list[Name] = Field(default_factory=list)
    """Of `formats`."""
    method: list[Name] = Field(default_factory=list)
    """Of `methods`."""
    tool: list[Name] = Field(default_factory=list)
    """Of `tools`."""
    shots: list[NonNegativeInt] = Field(default_factory=list)
    """Numbers of demonstrations."""
    draw: list[NonNegativeInt] = Field(default_factory=list)
    """Numbers of draws."""


class GridConfig(Config):
    """Cells of selection, order, format, method, tool, shots and draw, by every model on every task."""

    kind: Literal["grid"]
    models: Annotated[list[ModelName], Field(min_length=1)]
    """Who is asked."""
    tasks: Names | None = None
    """Whose items for testing are asked, by name; null takes all that have some."""
    items: PositiveInt
    """Items for testing of each task; all that there are where a task has fewer."""
    exemplar_pool: PositiveInt
    """Solved items for training, from which demonstrations are chosen."""
    selections: Annotated[dict[Name, Selection], Field(min_length=1)]
    """Ways to choose demonstrations, under names that cells use."""
    orders: Annotated[dict[Name, Order], Field(min_length=1)]
    """Ways to arrange them."""
    formats: Annotated[dict[Name, Format], Field(min_length=1)]
    """Ways to write them down."""
    methods: Annotated[dict[Name, Method], Field(min_length=1)]
    """Ways to come by an answer."""
    tools: Annotated[dict[Name, ToolConfig], Field(min_length=1)]
    """What a model may call while it answers; the calculator's calls are also shown in demonstrations."""
    baseline: CellConfig
    """The cell to which every other is compared, item by item."""
    vary: AxesConfig = AxesConfig()
    """Cells that differ from the baseline in one axis: one for each value named here."""
    cross: list[AxesConfig] = Field(default_factory=list)
    """Cells that differ in several: of each entry all combinations of its values."""
    answer_max_new_tokens: PositiveInt
    """Bound on an answer that is asked for at once."""
    cot_max_new_tokens: PositiveInt
    """Bound on an answer with a chain of thought."""
    allow_programs: bool = False
    """Whether what a model writes is run, for methods of kind `program`: arithmetic alone, each program in a process of
    its own without built-ins, files or a second of time. false refuses cells of that kind."""
    overlap_ngram_words: PositiveInt = 13
    """A demonstration that shares a run of so many words with the item is flagged, as GPT-3's test items were (arXiv
    2005.14165, appendix C)."""
    probes: ProbesConfig = ProbesConfig()
    """What is looked for in every model of the run beside the grid, those that are not asked in it included."""
    confidence: Annotated[Fraction, Field(gt=0.0, lt=1.0)]
    """Of the intervals."""


IclConfig = GridConfig
