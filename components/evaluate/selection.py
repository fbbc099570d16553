"""Which solved questions each question is shown with, and in which order."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import zip_longest
from random import Random
from typing import Any, assert_never

from components.base.errors import ParamsError
from components.base.rng import derive_seed
from components.evaluate.selection_config import (
    BalancedSelection,
    Bm25Selection,
    ComplexitySelection,
    DppSelection,
    FirstSelection,
    FixedSelection,
    KnnSelection,
    MmrSelection,
    Order,
    RandomSelection,
    Selection,
    VoteKSelection,
)
from components.retrieval.bm25 import Bm25
from components.retrieval.choices import (
    choose_by_votes,
    choose_determinantal,
    choose_marginal,
    choose_nearest,
    weigh_kernel,
)
from components.retrieval.words import Floats, Tfidf
from components.tasks.task import Exemplar, Item, Task

Choose = Callable[[Item, int], list[int]]
"""Places in the pool for an item, and so many."""


def select_exemplars(task: Task, selection: Selection, order: Order, shots: int, seed: int) -> Task:
    """The task with exemplars from its pool for each item, as many as it had.

    Raises ParamsError where a task has no pool.
    """
    if isinstance(selection, RandomSelection) and order == "as_selected":
        return task  # as the task drew them itself, which may have no pool to tell of
    if len(task.pool) < shots:
        raise ParamsError(
            f"evaluate.selection: {shots} shots are asked for of the task {task.name!r}, which offers {len(task.pool)}"
        )
    if isinstance(selection, VoteKSelection) and selection.budget < shots:
        raise ParamsError(f"evaluate.selection.budget: {selection.budget} are kept, and {shots} shots are asked for")
    pool = Pool(task, seed)
    choose = KINDS[type(selection)](pool, selection)
    items = []
    for item in task.items:
        places = arrange(pool, item, choose(item, shots), order)
        items.append(replace(item, exemplars=tuple(task.pool[place] for place in places)))
    return replace(task, items=tuple(items))


class Pool:
    """A task's solved questions, and how near each is to a question: by the cosine of their TF-IDF vectors.

    Shapes: N solved questions, W words.
    """

    def __init__(self, task: Task, seed: int) -> None:
        self.exemplars, self.seed = task.pool, seed
        self.questions = [exemplar.question for exemplar in task.pool]
        self._tfidf = Tfidf(self.questions)
        self._vectors_NW = self._tfidf.encode(self.questions)
        self.alike_NN: Floats = self._vectors_NW @ self._vectors_NW.T

    def measure(self, item: Item) -> Floats:
        """How near each is to an item, [N]."""
        [question_W] = self._tfidf.encode([item.question])
        near_N: Floats = self._vectors_NW @ question_W
        return near_N

    def draw(self, count: int, *names: str) -> list[int]:
        """So many at random, the same for the same names."""
        return Random(derive_seed(self.seed, "selection", *names)).sample(range(len(self.questions)), count)


def arrange(pool: Pool, item: Item, places: list[int], order: Order) -> list[int]:
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


def count_steps(exemplar: Exemplar) -> int:
    """Sentences and lines of a chain of thought."""
    return 0 if exemplar.cot is None else len([part for part in exemplar.cot.replace("\n", ". ").split(". ") if part])


def _random(pool: Pool, _: RandomSelection) -> Choose:
    """Those that the task itself drew for the item, so that an order changes no choice."""
    return lambda item, _: [pool.exemplars.index(exemplar) for exemplar in item.exemplars]


def _first(pool: Pool, _: FirstSelection) -> Choose:
    return lambda _, count: list(range(count))


def _fixed(pool: Pool, _: FixedSelection) -> Choose:
    return lambda _, count: pool.draw(count, "fixed")


def _balanced(pool: Pool, _: BalancedSelection) -> Choose:
    def choose(item: Item, count: int) -> list[int]:
        by_answer: dict[str, list[int]] = {}
        for place in pool.draw(len(pool.questions), "balanced", item.id):
            by_answer.setdefault(pool.exemplars[place].answer_only, []).append(place)
        turns = zip_longest(*by_answer.values())
        return [place for turn in turns for place in turn if place is not None][:count]

    return choose


def _complexity(pool: Pool, _: ComplexitySelection) -> Choose:
    ranked = sorted(range(len(pool.questions)), key=lambda place: -count_steps(pool.exemplars[place]))
    return lambda _, count: ranked[:count]


def _bm25(pool: Pool, _: Bm25Selection) -> Choose:
    bm25 = Bm25(pool.questions)
    return lambda item, count: choose_nearest(bm25.score(item.question), count).tolist()


def _knn(pool: Pool, _: KnnSelection) -> Choose:
    return lambda item, count: choose_nearest(pool.measure(item), count).tolist()


def _mmr(pool: Pool, cfg: MmrSelection) -> Choose:
    def choose(item: Item, count: int) -> list[int]:
        chosen = choose_marginal(pool.measure(item), pool.alike_NN, count, relevance=cfg.relevance)
        return [int(place) for place in chosen]

    return choose


def _dpp(pool: Pool, cfg: DppSelection) -> Choose:
    def choose(item: Item, count: int) -> list[int]:
        """Where the process finds no more that differ, the nearest of the others follow."""
        near_N = pool.measure(item)
        found, _ = choose_determinantal(weigh_kernel(near_N, pool.alike_NN, sharpness=cfg.sharpness), count)
        chosen = [int(place) for place in found]
        others = [int(place) for place in choose_nearest(near_N, len(near_N)) if place not in chosen]
        return [*chosen, *others[: count - len(chosen)]]

    return choose


def _vote_k(pool: Pool, cfg: VoteKSelection) -> Choose:
    kept = choose_by_votes(pool.alike_NN, cfg.budget, neighbours=cfg.neighbours, discount=cfg.discount)

    def choose(item: Item, count: int) -> list[int]:
        return [int(place) for place in kept[choose_nearest(pool.measure(item)[kept], count)]]

    return choose


KINDS: Mapping[type, Callable[[Pool, Any], Choose]] = {
    RandomSelection: _random,
    FirstSelection: _first,
    FixedSelection: _fixed,
    BalancedSelection: _balanced,
    ComplexitySelection: _complexity,
    Bm25Selection: _bm25,
    KnnSelection: _knn,
    MmrSelection: _mmr,
    DppSelection: _dpp,
    VoteKSelection: _vote_k,
}
"""A kind is a function of the pool and its own params; adding one is one line here and a section in the config."""
