"""In which order demonstrations are shown."""

from components.prompting.order.config import NearnessOrder, PlainOrder
from components.prompting.order.kinds import ORDERS
from components.prompting.selection.pool import ExemplarPool
from components.tasks.task import Exemplar, Task
from tests.unit.prompting.scripted import Script, make_question

WORDS = ("red cup", "green hat", "red hat", "blue pen")
ITEM = make_question("a red hat").item


def arrange(kind: NearnessOrder, draw: int = 0) -> list[int]:
    pool = ExemplarPool(Task("t", (ITEM,), tuple(Exemplar(text, "1", None) for text in WORDS)), seed=3, draw=draw)
    script = Script()
    found = script.run(ORDERS[PlainOrder](PlainOrder(kind=kind), pool, ITEM, [0, 1, 2, 3]))
    assert script.rounds == 0
    return found


def test_plain_orders_ask_nothing() -> None:
    assert arrange("as_selected") == [0, 1, 2, 3]
    assert arrange("nearest_first")[0] == 2
    assert arrange("nearest_last") == arrange("nearest_first")[::-1]


def test_a_random_order_is_another_in_another_draw() -> None:
    assert arrange("random") == arrange("random")
    assert len({tuple(arrange("random", draw)) for draw in range(6)}) > 1
