"""Each order: a function of its own params and of what is to be arranged, which gives a permutation of it."""

from collections.abc import Callable, Mapping
from typing import Any

from components.prompting.asking import Steps
from components.prompting.order.arranging import Arranging
from components.prompting.order.config import EntropyOrder, LengthOrder, PlainOrder
from components.prompting.order.entropy import arrange_by_entropy, arrange_by_length
from components.prompting.order.nearness import arrange_by_nearness


def arrange_plainly(cfg: PlainOrder, arranging: Arranging) -> Steps[list[int]]:
    """Without asking the model anything."""
    yield from ()
    places = arranging.places
    return [places.index(place) for place in arrange_by_nearness(arranging.pool, arranging.item, places, cfg.kind)]


ORDERS: Mapping[type, Callable[[Any, Arranging], Steps[list[int]]]] = {
    PlainOrder: arrange_plainly,
    EntropyOrder: arrange_by_entropy,
    LengthOrder: arrange_by_length,
}
"""An order is one function; adding one is a line here and a class in the config."""
