"""How demonstrations are arranged."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config, PositiveFloat, PositiveInt

NearnessOrder = Literal["as_selected", "random", "nearest_first", "nearest_last"]
MOST_SHOTS = 5
"""Of which all orders are tried: 120; with more, `max_orders` says how many."""


class PlainOrder(Config):
    """As they were chosen, at random, or the nearest by TF-IDF first or last."""

    kind: NearnessOrder


class _TriedOrder(Config):
    labels: PositiveInt = 8
    """Answers between which the model chooses, where a task has no options: the most frequent of the pool."""
    max_orders: Annotated[int, Field(ge=2)] | None = None
    """So many orders at random are tried; null tries all, of five demonstrations at most."""


class EntropyOrder(_TriedOrder):
    """The order under which a model's answers are least one-sided (Lu et al. 2021, arXiv 2104.08786): GlobalE by how
    often it says each, LocalE by how sure it is of each question. Asked are questions that the model makes up itself
    behind the same demonstrations, without their answers."""

    kind: Literal["global_entropy", "local_entropy"]
    probes: PositiveInt = 6
    """Questions that the model makes up."""
    temperature: PositiveFloat = 2.0
    """Of their sampling; the paper has 2."""
    max_new_tokens: PositiveInt = 48
    """Of such a question, at most."""


class LengthOrder(_TriedOrder):
    """The order under which the item's own answer takes the fewest bits, so far as the model knows: the least entropy
    of its answers (Wu et al. 2022, arXiv 2212.10375)."""

    kind: Literal["description_length"]


Order = Annotated[
    PlainOrder | EntropyOrder | LengthOrder,
    Field(discriminator="kind", description="One way to arrange demonstrations."),
]
