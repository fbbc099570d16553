"""Each kind of selection: a function of the pool and its own params, which gives one of an item and a count."""

from collections.abc import Callable, Mapping
from itertools import zip_longest
from typing import Any

from components.prompting.selection.bandit import choose_by_policy
from components.prompting.selection.config import (
    BalancedSelection,
    Bm25Selection,
    ComplexitySelection,
    DppSelection,
    FirstSelection,
    FixedSelection,
    KnnSelection,
    MmrSelection,
    RandomSelection,
    Selection,
    VoteKSelection,
)
from components.prompting.selection.epr import choose_by_trained_retriever
from components.prompting.selection.external import choose_externally
from components.prompting.selection.learned_config import (
    AutoCotSelection,
    BanditSelection,
    BootstrappedSelection,
    EprSelection,
    ExternalSelection,
    LmGainSelection,
)
from components.prompting.selection.lm_gain import choose_by_gain
from components.prompting.selection.nearest_states import choose_by_hidden_states
from components.prompting.selection.pool import Choose, ExemplarPool, count_steps
from components.prompting.selection.self_made import remake_by_clusters, remake_by_own_success
from components.retrieval.bm25 import Bm25
from components.retrieval.choices import (
    choose_by_votes,
    choose_determinantal,
    choose_marginal,
    choose_nearest,
    weigh_kernel,
)
from components.tasks.task import Item


def _random(pool: ExemplarPool, _: RandomSelection) -> Choose:
    """At first those that the task drew for the item, where all are there, so that an order changes no choice."""
    by_question = {exemplar.question: place for place, exemplar in enumerate(pool.exemplars)}
    known = {exemplar: place for place, exemplar in reversed(list(enumerate(pool.exemplars)))}

    def choose(item: Item, count: int) -> list[int]:
        found = [known.get(one, by_question.get(one.question)) for one in item.exemplars[:count]]
        drawn = [place for place in found if place is not None]
        return drawn if not pool.draw_number and len(drawn) == len(found) else pool.draw(count, "random", item.id)

    return choose


def _first(pool: ExemplarPool, _: FirstSelection) -> Choose:
    return lambda _, count: list(range(count))


def _fixed(pool: ExemplarPool, _: FixedSelection) -> Choose:
    return lambda _, count: pool.draw(count, "fixed")


def _balanced(pool: ExemplarPool, _: BalancedSelection) -> Choose:
    def choose(item: Item, count: int) -> list[int]:
        by_answer: dict[str, list[int]] = {}
        for place in pool.draw(len(pool.questions), "balanced", item.id):
            by_answer.setdefault(pool.exemplars[place].answer_only, []).append(place)
        turns = zip_longest(*by_answer.values())
        return [place for turn in turns for place in turn if place is not None][:count]

    return choose


def _complexity(pool: ExemplarPool, _: ComplexitySelection) -> Choose:
    ranked = sorted(range(len(pool.questions)), key=lambda place: -count_steps(pool.exemplars[place]))
    return lambda _, count: ranked[:count]


def _bm25(pool: ExemplarPool, _: Bm25Selection) -> Choose:
    bm25 = Bm25(pool.questions)
    return lambda item, count: choose_nearest(bm25.score(item.question), count).tolist()


def _knn(pool: ExemplarPool, cfg: KnnSelection) -> Choose:
    if cfg.encoder == "hidden_states":
        return choose_by_hidden_states(pool)
    return lambda item, count: choose_nearest(pool.measure(item), count).tolist()


def _mmr(pool: ExemplarPool, cfg: MmrSelection) -> Choose:
    def choose(item: Item, count: int) -> list[int]:
        chosen = choose_marginal(pool.measure(item), pool.alike_NN, count, relevance=cfg.relevance)
        return [int(place) for place in chosen]

    return choose


def _dpp(pool: ExemplarPool, cfg: DppSelection) -> Choose:
    def choose(item: Item, count: int) -> list[int]:
        """Where the process finds no more that differ, the nearest of the others follow."""
        near_N = pool.measure(item)
        found, _ = choose_determinantal(weigh_kernel(near_N, pool.alike_NN, sharpness=cfg.sharpness), count)
        chosen = [int(place) for place in found]
        others = [int(place) for place in choose_nearest(near_N, len(near_N)) if place not in chosen]
        return [*chosen, *others[: count - len(chosen)]]

    return choose


def _vote_k(pool: ExemplarPool, cfg: VoteKSelection) -> Choose:
    kept = choose_by_votes(pool.alike_NN, cfg.budget, neighbours=cfg.neighbours, discount=cfg.discount)

    def choose(item: Item, count: int) -> list[int]:
        return [int(place) for place in kept[choose_nearest(pool.measure(item)[kept], count)]]

    return choose


KINDS: Mapping[type, Callable[[ExemplarPool, Any], Choose]] = {
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
    EprSelection: choose_by_trained_retriever,
    LmGainSelection: choose_by_gain,
    BanditSelection: choose_by_policy,
    ExternalSelection: choose_externally,
}
"""A kind is a function of the pool and its own params; adding one is one line here and a section in the config."""
REMAKERS: Mapping[type, Callable[[ExemplarPool, Any], tuple[ExemplarPool, Choose]]] = {
    AutoCotSelection: remake_by_clusters,
    BootstrappedSelection: remake_by_own_success,
}
"""Kinds that show the pool's questions with other solutions."""


def open_selection(pool: ExemplarPool, selection: Selection) -> tuple[ExemplarPool, Choose]:
    """What is chosen from, and how."""
    kind = type(selection)
    return REMAKERS[kind](pool, selection) if kind in REMAKERS else (pool, KINDS[kind](pool, selection))
