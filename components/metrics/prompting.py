"""Figures of the prompting laboratory: what each cell of its grid scores, against which other, and at what cost."""

from pydantic import Field

from components.metrics.figures import Count, Figure, Figures, Share, StageFigures
from components.metrics.probes import LinearFunctionFigures, ModelProbes


class GridCell(Figures):
    """One way to ask, of one model on one task: exact match with its interval, over n items."""

    selection: str
    order: str
    format: str
    method: str
    tool: str
    shots: int
    draw: int
    model: str
    task: str
    exact_match: float
    low: float
    high: float
    n: int
    difference: Figure = None
    """To the baseline cell of the same model and task, over the same items; 0 of the baseline itself."""
    difference_low: Figure = None
    difference_high: Figure = None
    p_value: Figure = None
    """McNemar's, exact."""
    sensitivity: dict[str, float] = Field(default_factory=dict)
    """By axis, the greatest exact match less the least among the cells that differ from this one in that axis alone."""
    overlapping: Count = None
    """Items of which a demonstration shares a long run of words."""
    exact_match_without_overlap: Share = None
    """Of the others."""
    votes_curve: dict[str, float] = Field(default_factory=dict)
    """Of sampled chains, by their number: exact match that the majority of so many is expected to have."""
    prompts_too_long: Count = None
    demonstrations_dropped: Count = None
    prompt_tokens: int
    computed_tokens: int
    """Read or written for this cell: what an earlier one asked already is not."""
    generated_tokens: int
    seconds: float


class IclMetrics(StageFigures):
    """The grid, and what the probes found."""

    cells: list[GridCell] = Field(default_factory=list)
    probes: dict[str, ModelProbes] = Field(default_factory=dict)
    """By model, from the base model on."""
    linear_functions: LinearFunctionFigures | None = None
    cells_asked: Count = None
    best_difference: Figure = None
    """The largest of all cells' differences to their baselines."""
    largest_spread: Figure = None
    """The largest of all sensitivities."""
    overlapping: Count = None
    """Of all samples."""
