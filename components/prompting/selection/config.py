"""How demonstrations are chosen for a question."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config, Fraction, PositiveFloat, PositiveInt
from components.prompting.selection.learned_config import LearnedSelection


class RandomSelection(Config):
    """Others for every question, at random, so that no lucky choice rules the figure."""

    kind: Literal["random"]


class FirstSelection(Config):
    """The first of the pool, for every question."""

    kind: Literal["first"]


class FixedSelection(Config):
    """Drawn once, the same for every question."""

    kind: Literal["fixed"]


class BalancedSelection(Config):
    """At random, one of each answer in turn (Zhao et al. 2021, arXiv 2102.09690, on what an unequal mix does)."""

    kind: Literal["balanced"]


class ComplexitySelection(Config):
    """Those with the longest chains of thought (Fu et al. 2022, arXiv 2210.00720)."""

    kind: Literal["complexity"]


class Bm25Selection(Config):
    """The nearest by the words that they share (Okapi BM25, Robertson et al. 1994)."""

    kind: Literal["bm25"]


class KnnSelection(Config):
    """The nearest (KATE, Liu et al. 2021, arXiv 2101.06804), by the cosine of vectors."""

    kind: Literal["knn"]
    encoder: Literal["tfidf", "hidden_states"] = "tfidf"
    """What makes vectors of questions: how telling their words are, or the mean of the asked model's own last hidden
    states, which is for stage icl."""


class MmrSelection(Config):
    """Near, and unlike each other (maximal marginal relevance, Carbonell and Goldstein 1998)."""

    kind: Literal["mmr"]
    relevance: Fraction
    """1 is nearness alone, 0 difference alone."""


class DppSelection(Config):
    """The likeliest subset of a determinantal point process: near and unlike (Ye et al. 2023, arXiv 2302.05698)."""

    kind: Literal["dpp"]
    sharpness: PositiveFloat
    """How much nearness counts beside difference; the paper's 1 / lambda."""


class VoteKSelection(Config):
    """The nearest of a few that stand for the whole pool (Su et al. 2022, arXiv 2209.01975)."""

    kind: Literal["vote_k"]
    budget: PositiveInt
    """How many of the pool are kept."""
    neighbours: PositiveInt
    """How many nearest ones each text votes for; the paper has 150."""
    discount: Annotated[float, Field(gt=1.0)]
    """By how much a vote fades with each neighbour that is kept already; the paper has 10."""


Selection = Annotated[
    RandomSelection
    | FirstSelection
    | FixedSelection
    | BalancedSelection
    | ComplexitySelection
    | Bm25Selection
    | KnnSelection
    | MmrSelection
    | DppSelection
    | VoteKSelection
    | LearnedSelection,
    Field(discriminator="kind", description="One way to choose demonstrations."),
]
