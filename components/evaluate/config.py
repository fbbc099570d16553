"""What evaluation asks, and by which methods."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from components.base.config import Config, Fraction, PositiveFloat, PositiveInt
from components.evaluate.methods import METHODS
from components.prompting.order.config import NearnessOrder
from components.prompting.selection.config import RandomSelection, Selection
from components.tasks.config import Names


def _require_method(name: str) -> str:
    if name not in METHODS:
        raise PydanticCustomError("unknown_method", "Not one of {known}", {"known": ", ".join(METHODS)})
    return name


MethodName = Annotated[str, AfterValidator(_require_method), Field(json_schema_extra={"enum": list(METHODS)})]


class SelfConsistencyConfig(Config):
    """Majority over sampled chains of thought (Wang et al., arXiv 2203.11171), prompted like few_shot_cot."""

    samples: PositiveInt
    """Chains per question."""
    temperature: PositiveFloat
    """Of the sampling: near 0 all chains are the greedy one."""
    top_p: Annotated[float, Field(gt=0.0, le=1.0)]
    """Samples from the likeliest tokens that hold this much of the probability; 1 is all."""


class PromptingConfig(Config):
    """In-context learning and chain of thought, judged by exact match."""

    kind: Literal["prompting"]
    methods: Annotated[list[MethodName], Field(min_length=1)]
    """Ways to ask, each of every model and task."""
    tasks: Names | None = None
    """Whose items for testing are asked, by name; null takes all that have some."""
    items: PositiveInt
    """Items for testing of each task; all that there are where a task has fewer."""
    exemplar_pool: PositiveInt
    """Solved items for training, from which each question's exemplars are drawn."""
    shots: PositiveInt
    """Exemplars of few_shot, few_shot_cot and self_consistency."""
    selection: Selection = RandomSelection(kind="random")
    """Which of the pool a question is shown with."""
    order: NearnessOrder = "as_selected"
    """Of the exemplars: as they were chosen, at random, or the nearest by TF-IDF first or last. Where a prompt is too
    long for the model the last ones are left out, or the farthest where nearness is the order."""
    answer_only_max_new_tokens: PositiveInt
    """Bound on an answer that is asked for at once."""
    cot_max_new_tokens: PositiveInt
    """Bound on an answer with a chain of thought."""
    self_consistency: SelfConsistencyConfig
    """How chains are sampled."""
    confidence: Annotated[Fraction, Field(gt=0.0, lt=1.0)]
    """Of the intervals."""


EvaluateConfig = PromptingConfig
