"""Each order: a function of its own params, the pool, an item and the places that were chosen for it."""

from collections.abc import Callable, Mapping
from typing import Any

from components.prompting.asking import Steps
from components.prompting.order.config import PlainOrder
from components.prompting.order.nearness import arrange_by_nearness
from components.prompting.selection.pool import ExemplarPool
from components.tasks.task import Item

Arrange = Callable[[Any, ExemplarPool, Item, list[int]], Steps[list[int]]]


def arrange_plainly(cfg: PlainOrder, pool: ExemplarPool, item: Item, places: list[int]) -> Steps[list[int]]:
    """Without asking the model anything."""
    yield from ()
    return arrange_by_nearness(pool, item, places, cfg.kind)


ORDERS: Mapping[type, Arrange] = {PlainOrder: arrange_plainly}
"""An order is one function; adding one is a line here and a class in the config."""
