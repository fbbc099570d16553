"""Orders that no model is asked for."""

from random import Random
from typing import assert_never

from components.base.rng import derive_seed
from components.prompting.order.config import NearnessOrder
from components.prompting.selection.pool import ExemplarPool
from components.tasks.task import Item


def arrange_by_nearness(pool: ExemplarPool, item: Item, places: list[int], order: NearnessOrder) -> list[int]:
    """The chosen ones in the order in which they are shown."""
    match order:
        case "as_selected":
            return places
        case "random":
            return Random(derive_seed(pool.seed, "order", item.id)).sample(places, len(places))
        case "nearest_first" | "nearest_last":
            near_N = pool.measure(item)
            nearest_first = sorted(places, key=lambda place: -near_N[place])
            return nearest_first if order == "nearest_first" else nearest_first[::-1]
        case _:
            assert_never(order)
