"""In which order demonstrations are shown."""

import math

import pytest

from components.base.errors import ParamsError
from components.prompting.order.arranging import Arranging
from components.prompting.order.config import EntropyOrder, LengthOrder, NearnessOrder, Order, PlainOrder
from components.prompting.order.entropy import measure_global_entropy, measure_local_entropy
from components.prompting.order.kinds import ORDERS
from components.prompting.selection.pool import ExemplarPool
from components.tasks.task import Exemplar, Task
from tests.unit.prompting.scripted import Script, make_question

WORDS = ("red cup", "green hat", "red hat", "blue pen")
QUESTION = make_question("a red hat", options=("yes", "no"))


def plan(draw: int = 0, shots: int = 4) -> Arranging:
    pool = tuple(Exemplar(WORDS[n % 4] + " " * (n // 4), "no", None) for n in range(max(4, shots)))
    places = list(range(shots))
    return Arranging(
        ExemplarPool(Task("t", (QUESTION.item,), pool), seed=3, draw=draw), places, QUESTION.item,
        tuple(pool[place] for place in places), QUESTION.prompter,
    )  # fmt: skip


def arrange(cfg: Order, script: Script, arranging: Arranging) -> list[int]:
    return script.run(ORDERS[type(cfg)](cfg, arranging))


def arrange_plainly(kind: NearnessOrder, draw: int = 0) -> list[int]:
    script = Script()
    found = arrange(PlainOrder(kind=kind), script, plan(draw))
    assert script.rounds == 0
    return found


def test_plain_orders_ask_nothing() -> None:
    assert arrange_plainly("as_selected") == [0, 1, 2, 3]
    assert arrange_plainly("nearest_first")[0] == 2
    assert arrange_plainly("nearest_last") == arrange_plainly("nearest_first")[::-1]


def test_a_random_order_is_another_in_another_draw() -> None:
    assert arrange_plainly("random") == arrange_plainly("random")
    assert len({tuple(arrange_plainly("random", draw)) for draw in range(6)}) > 1


@pytest.mark.parametrize(("counts", "entropy"), [((4, 4), 0.6931), ((6, 2), 0.5623), ((8, 0), 0.0)])
def test_global_entropy_is_that_of_how_often_each_label_is_said(counts: tuple[int, int], entropy: float) -> None:
    sure, other = [0.9, 0.1], [0.2, 0.8]
    assert measure_global_entropy([sure] * counts[0] + [other] * counts[1]) == pytest.approx(entropy, abs=5e-5)


def test_local_entropy_is_the_mean_over_questions() -> None:
    assert measure_local_entropy([[0.5, 0.5], [1.0, 0.0]]) == pytest.approx(math.log(2) / 2)


FAIR_ORDER = [2, 0, 1]
"""Behind this one alone the model does not always say yes."""


def weigh(prompt: str, option: str) -> float:
    shown = [prompt.find(f"{word}:") for word in WORDS[:3]]
    fair = sorted(range(3), key=lambda place: shown[place]) == FAIR_ORDER
    leans_to_no = fair and len(prompt) % 2 == 0
    return math.log(0.6 if option.strip() == ("no" if leans_to_no else "yes") else 0.4 if fair else 0.1)


@pytest.mark.parametrize("kind", ["global_entropy", "local_entropy"])
def test_the_order_of_the_least_one_sided_answers_is_found(kind: str) -> None:
    """Asked are questions that the model made up behind the demonstrations, of even and of odd length."""
    made_up = iter(range(1, 100))
    script = Script(lambda *_: "m" * next(made_up), weigh)
    cfg = EntropyOrder(kind="global_entropy" if kind == "global_entropy" else "local_entropy", probes=6)
    assert arrange(cfg, script, plan(shots=3)) == FAIR_ORDER
    assert len(script.prompts) == 6
    assert all(prompt.endswith(" no<|endoftext|>") for prompt in script.prompts), "a question is begun, no answer asked"
    assert len(set(script.prompts)) == 6, "each behind another order"


def test_the_order_that_makes_the_item_surest_is_found_by_description_length() -> None:
    script = Script(weigh=lambda prompt, option: -weigh(prompt, option))
    found = arrange(LengthOrder(kind="description_length"), script, plan(shots=3))
    assert found != FAIR_ORDER
    assert script.prompts == [], "nothing is made up: the item itself is asked"


def test_more_than_five_demonstrations_need_a_bound() -> None:
    with pytest.raises(ParamsError, match="6 shots have 720 orders; give max_orders"):
        arrange(LengthOrder(kind="description_length"), Script(), plan(shots=6))
    orders = plan(shots=6).list_orders(10)
    assert len(set(orders)) == 10
    assert orders[0] == (0, 1, 2, 3, 4, 5)


def test_one_demonstration_is_not_arranged() -> None:
    script = Script()
    assert arrange(EntropyOrder(kind="global_entropy"), script, plan(shots=1)) == [0]
    assert script.rounds == 0
