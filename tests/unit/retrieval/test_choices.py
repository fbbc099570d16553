"""Choosing a few of many: planted cases and closed forms."""

import numpy as np
import pytest

from components.retrieval.choices import (
    choose_by_votes,
    choose_determinantal,
    choose_marginal,
    choose_nearest,
    weigh_kernel,
)
from components.retrieval.words import Floats


def draw_kernel(size: int, seed: int = 0) -> Floats:
    vectors = np.random.default_rng(seed).normal(size=(size, 2 * size))
    return vectors @ vectors.T


def test_the_nearest_come_first_and_ties_in_order() -> None:
    assert choose_nearest(np.array([0.1, 0.9, 0.5, 0.9]), 3).tolist() == [1, 3, 2]
    assert choose_nearest(np.array([0.1]), 3).tolist() == [0]


def test_marginal_relevance_passes_over_a_copy_of_what_is_chosen() -> None:
    near, alike = np.array([1.0, 0.99, 0.5]), np.eye(3)
    alike[0, 1] = alike[1, 0] = 1.0
    assert choose_marginal(near, alike, 2, relevance=0.5).tolist() == [0, 2]
    assert choose_marginal(near, alike, 2, relevance=1.0).tolist() == [0, 1]


@pytest.mark.parametrize("seed", range(5))
def test_what_each_brings_is_the_rise_of_the_log_determinant(seed: int) -> None:
    kernel = draw_kernel(8, seed)
    chosen, gains = choose_determinantal(kernel, 6)
    before = 0.0
    for count in range(1, len(chosen) + 1):
        some = chosen[:count]
        now = float(np.linalg.slogdet(kernel[np.ix_(some, some)])[1])
        assert gains[count - 1] == pytest.approx(now - before, abs=1e-10)
        others = [i for i in range(8) if i not in some[:-1]]
        rises = [np.linalg.slogdet(kernel[np.ix_([*some[:-1], i], [*some[:-1], i])])[1] - before for i in others]
        assert now - before == pytest.approx(max(rises), abs=1e-10)  # greedy: no other brings more
        before = now


def test_two_alike_are_never_both_chosen_while_a_third_is_there() -> None:
    vectors = np.array([[1.0, 0.0], [1.0, 0.0], [0.6, 0.8]])
    chosen, _ = choose_determinantal(vectors @ vectors.T, 3)
    assert sorted(chosen.tolist()) in ([0, 2], [1, 2])  # the third would bring nothing


def test_a_sharp_kernel_chooses_the_nearest() -> None:
    near = np.array([0.2, 0.9, 0.6, 0.1])
    chosen, _ = choose_determinantal(weigh_kernel(near, np.eye(4), sharpness=8.0), 2)
    assert chosen.tolist() == [1, 2]


def test_votes_choose_one_of_each_clique() -> None:
    alike = np.zeros((14, 14))
    alike[:8, :8] = alike[8:, 8:] = 1.0
    chosen = choose_by_votes(alike, 2, neighbours=5, discount=10.0)
    assert chosen[0] < 8 <= chosen[1]


def test_a_vote_fades_with_every_neighbour_that_is_chosen() -> None:
    """Five texts on a line, each voting for those beside it: the votes of those that are heard count a tenth."""
    alike = -np.abs(np.subtract.outer(np.arange(5.0), np.arange(5.0)))
    chosen = choose_by_votes(alike, 5, neighbours=2, discount=10.0)
    assert sorted(chosen.tolist()) == list(range(5))
    votes = {0: (1, 2), 1: (0, 2), 2: (1, 3), 3: (2, 4), 4: (3, 2)}
    scores = [sum(place in named for named in votes.values()) for place in range(5)]
    assert chosen[0] == int(np.argmax(scores))
