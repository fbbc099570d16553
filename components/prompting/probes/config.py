"""What is looked for in each model, and with how much of it."""

from typing import Annotated

from pydantic import Field

from components.base.config import Config, Fraction, NonNegativeInt, PositiveFloat, PositiveInt
from components.datasets.config import LabelledWordsConfig


class InductionConfig(Config):
    """Prefix matching on random tokens that come again (Olsson et al. 2022, arXiv 2209.11895)."""

    sequences: PositiveInt
    """Random sequences over which a head's score is averaged."""
    length: Annotated[int, Field(ge=2)]
    """Different tokens of a round."""
    rounds: Annotated[int, Field(ge=2)]
    """Times that they come."""
    threshold: Fraction
    """A head with at least this score counts as an induction head."""


class ContextConfig(Config):
    """The in-context learning score (Olsson et al. 2022): loss late in a document minus loss early in it."""

    documents: Annotated[int, Field(ge=2)]
    """Validation documents, at most."""
    tokens: PositiveInt
    """Length that is read of each; shorter documents are passed over. Early is 50/512 of it, late 500/512."""
    window: PositiveInt
    """Tokens over which either loss is averaged."""


class CurveConfig(Config):
    """How likely right answers are behind more and more demonstrations."""

    questions: PositiveInt
    """How many of the first task's solved questions are asked."""
    shots: Annotated[list[NonNegativeInt], Field(min_length=1)]
    """Numbers of demonstrations, drawn at random; a question keeps those that it had with fewer."""
    cot: bool = False
    """Whether answers are weighed with their steps."""


class LinearFunctionsConfig(Config):
    """A small transformer of its own learns to fit linear functions in context (Garg et al. 2022, arXiv 2208.01066)."""

    dimensions: PositiveInt
    """Width of the functions' points."""
    points: Annotated[int, Field(ge=2)]
    """Points of a prompt."""
    layers: PositiveInt
    """Of the transformer."""
    width: Annotated[int, Field(ge=16, multiple_of=16)]
    """Of the transformer; its heads are 16 wide."""
    steps: PositiveInt
    """Updates, each on new functions."""
    batch_size: PositiveInt
    """Prompts an update."""
    learning_rate: PositiveFloat
    """Peak of a cosine schedule, of Muon."""


class LabelledWordsProbeConfig(Config):
    """Labels read off the context, or known by heart (Chan et al. 2022, arXiv 2205.05055): for models whose corpus
    has a source of kind `labelled_words`."""

    words: LabelledWordsConfig
    """As that source has them."""
    questions: PositiveInt
    """Of either kind: new words whose labels stand in the context, and words of the corpus whose labels do not."""


class ProbesConfig(Config):
    """Why in-context learning works in a run's models, or does not; what is null is not looked for."""

    induction: InductionConfig | None = None
    """Heads that look for what followed the last time, in each model."""
    context: ContextConfig | None = None
    """What late context is worth, in each model."""
    curve: CurveConfig | None = None
    """What demonstrations are worth, in each model."""
    labelled_words: LabelledWordsProbeConfig | None = None
    """What each model has learned of labelled words: to look them up, or to know them."""
    linear_functions: LinearFunctionsConfig | None = None
    """What a small transformer can learn of it."""
