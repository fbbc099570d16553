"""Figures of the probes: what heads look at, and what context and demonstrations are worth, model by model."""

from pydantic import Field

from components.metrics.figures import Count, Figure, Figures


class ModelProbes(Figures):
    """What was found in one model."""

    induction_score: Figure = None
    """The best head's prefix-matching score, from 0 to 1."""
    induction_change: Figure = None
    """To the score of the model that it was made of."""
    induction_heads: Count = None
    """Heads that score at least the threshold."""
    even_score: Figure = None
    """What a head that looks everywhere alike would score."""
    prefix_matching: list[list[float]] = Field(default_factory=list)
    """Every head's score, layer by layer."""
    repeated_nats: Figure = None
    """Nats a token of random tokens when they come again ..."""
    first_nats: Figure = None
    """... and of the first round."""
    in_context_score: Figure = None
    """Nats late in a document minus nats early in it: below zero where context helps."""
    in_context_low: Figure = None
    in_context_high: Figure = None
    in_context_change: Figure = None
    """To the score of the model that it was made of: above zero context helps less."""
    curve: dict[str, float] = Field(default_factory=dict)
    """Nats of the right answer, by the number of demonstrations."""
    in_context_accuracy: Figure = None
    """Share of new words whose label, which stands in the context, is found the likeliest of all."""
    in_weights_accuracy: Figure = None
    """Share of words of the corpus whose label, which does not, is."""
    guessed_accuracy: Figure = None
    """What whoever knows nothing would have of either."""


class LinearFunctionFigures(Figures):
    """Mean squared errors over the points' width, behind 0, 1, 2, ... known points."""

    model: list[float]
    least_squares: list[float]
    """In closed form."""
