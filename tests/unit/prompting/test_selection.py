"""Which exemplars a question is shown with: planted pools in which the right choice is known."""

from dataclasses import replace
from typing import Any

import pytest

from components.base.errors import ParamsError
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.evaluate.config import EvaluateConfig
from components.evaluate.tasks import load_tasks
from components.prompting.select import select_exemplars
from components.prompting.selection.kinds import KINDS, REMAKERS
from components.prompting.selection.pool import count_steps
from components.tasks.config import ChatPromptConfig, DocumentPromptConfig
from components.tasks.task import Exemplar, Item, Task, TaskForm
from tests.contracts.source import ROOT
from tests.tiny import SHARED

SECTION: dict[str, Any] = read_yaml(ROOT / "params.yaml")["evaluate"]
OPTIONS: dict[str, dict[str, Any]] = {
    "mmr": {"relevance": 0.7},
    "dpp": {"sharpness": 4.0},
    "vote_k": {"budget": 8, "neighbours": 5, "discount": 10.0},
}
NAMES = ["random", "first", "fixed", "balanced", "complexity", "bm25", "knn", "mmr", "dpp", "vote_k"]
FORM = TaskForm("keys", ChatPromptConfig(cot="{{ question }}"), DocumentPromptConfig(), {})
ASKING = ["epr", "lm_gain", "bandit", "auto_cot", "bootstrapped"]
POOL_SIZE, ITEMS = 12, 10


def configure(kind: str, order: str = "as_selected", **more: Any) -> EvaluateConfig:
    selection = {"kind": kind, **OPTIONS.get(kind, {}), **more}
    cfg: EvaluateConfig = validate(
        EvaluateConfig, SECTION | {"selection": selection, "order": order, "items": ITEMS}, where="evaluate"
    )
    return cfg


def plant(answers: int = POOL_SIZE) -> Task:
    """Questions about keys: each has one exemplar of the very same key, and all share other words."""
    pool = [
        Exemplar(
            f"what opens the door k{n} in the hall", answer_only=f"a{n % answers}", cot=". ".join(["so"] * (n + 1))
        )
        for n in range(POOL_SIZE)
    ]
    items = [Item(f"i{n}", "test", f"tell what opens the door k{n} please", f"a{n}", FORM) for n in range(ITEMS)]
    return Task("keys", tuple(items), tuple(pool))


def select(kind: str, task: Task, shots: int = 2, order: str = "as_selected", seed: int = 1) -> list[list[str]]:
    """Questions of the exemplars of each item."""
    cfg = configure(kind, order)
    found = select_exemplars(task, cfg.selection, cfg.order, shots, seed)
    return [[exemplar.question for exemplar in item.exemplars] for item in found.items]


def test_every_kind_that_params_can_name_is_there() -> None:
    found = {type(configure(name).selection) for name in [*NAMES, *ASKING]}
    found.add(type(configure("external", target="a:b").selection))
    assert found == KINDS.keys() | REMAKERS.keys()


@pytest.mark.parametrize("kind", [name for name in NAMES if name != "random"])
def test_each_question_has_as_many_as_asked_none_twice_and_again_the_same(kind: str) -> None:
    found = select(kind, plant(), shots=4)
    assert all(len(shown) == len(set(shown)) == 4 for shown in found)
    assert found == select(kind, plant(), shots=4)


@pytest.mark.parametrize("kind", ["bm25", "knn", "mmr", "dpp"])
def test_whoever_looks_for_the_nearest_shows_the_one_of_the_same_key_first(kind: str) -> None:
    """A model that copied the first exemplar's answer would score 1."""
    for number, shown in enumerate(select(kind, plant())):
        assert f"k{number} " in shown[0]


def test_the_first_are_the_first_and_the_fixed_are_everyones() -> None:
    assert {tuple(shown) for shown in select("first", plant())} == {tuple(e.question for e in plant().pool[:2])}
    assert len({tuple(shown) for shown in select("fixed", plant())}) == 1


def test_balanced_ones_have_each_answer_alike() -> None:
    task = plant(answers=3)
    answer_of = {exemplar.question: exemplar.answer_only for exemplar in task.pool}
    for shown in select("balanced", task, shots=6):
        assert sorted(answer_of[question] for question in shown) == ["a0", "a0", "a1", "a1", "a2", "a2"]


def test_complexity_shows_the_longest_chains() -> None:
    task = plant()
    steps = [count_steps(exemplar) for exemplar in task.pool]
    assert steps == list(range(1, POOL_SIZE + 1))
    assert select("complexity", task)[0] == [task.pool[-1].question, task.pool[-2].question]


@pytest.mark.parametrize(("order", "place"), [("nearest_first", 0), ("nearest_last", -1)])
def test_an_order_puts_the_nearest_where_it_says(order: str, place: int) -> None:
    for number, shown in enumerate(select("knn", plant(), 3, order)):
        assert f"k{number} " in shown[place]


def test_an_order_changes_no_choice() -> None:
    plain = select("bm25", plant(), 4)
    for order in ("random", "nearest_first", "nearest_last"):
        assert [sorted(shown) for shown in select("bm25", plant(), 4, order)] == [sorted(shown) for shown in plain]


@pytest.mark.parametrize("order", ["random", "nearest_first", "nearest_last"])
def test_an_order_changes_no_choice_of_random_ones_either(order: str) -> None:
    [drawn], [ordered] = (load_tasks(configure("random", name), SHARED) for name in ("as_selected", order))
    pairs = [(one.exemplars, two.exemplars) for one, two in zip(drawn.items, ordered.items, strict=True)]
    assert all(sorted(map(str, one)) == sorted(map(str, two)) for one, two in pairs)
    assert any(one != two for one, two in pairs)


def test_votes_keep_so_many_of_the_pool_for_all() -> None:
    assert len({question for shown in select("vote_k", plant(), 4) for question in shown}) <= 8


def test_random_ones_as_selected_are_those_that_the_task_draws() -> None:
    [drawn] = load_tasks(configure("random"), SHARED)
    [nearest] = load_tasks(configure("knn"), SHARED)
    assert [item.id for item in drawn.items] == [item.id for item in nearest.items]
    assert drawn.items != nearest.items
    assert all(set(item.exemplars) <= set(drawn.pool) for task in (drawn, nearest) for item in task.items)


def test_a_pool_or_a_budget_under_the_shots_is_refused() -> None:
    cfg = configure("knn")
    with pytest.raises(
        ParamsError, match=r"evaluate.selection: 2 shots are asked for of the task 'keys', which offers 0"
    ):
        select_exemplars(replace(plant(), pool=()), cfg.selection, "as_selected", 2, 1)
    with pytest.raises(ParamsError, match=r"evaluate.selection.budget: 1 are kept, and 2 shots are asked for"):
        select_exemplars(plant(), configure("vote_k", budget=1).selection, "as_selected", 2, 1)
