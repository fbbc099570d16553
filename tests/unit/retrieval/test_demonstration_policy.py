"""Demonstrations chosen by learned values: rewards add up, and the one that pays is found."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from components.retrieval.demonstration_policy import (
    Learning,
    learn_policy,
    measure_conservative_loss,
    record_episodes,
)

LEARNING = Learning(hidden=32, steps=200, learning_rate=0.01, conservatism=0.05, target_every=20, seed=3)
PAYS, HARMS, SIZE = 5, 2, 10


def measure(shown: Sequence[tuple[int, ...]]) -> list[float]:
    """Half of the questions are right, more behind the one that pays, fewer behind the one that harms."""
    return [0.5 + 0.4 * (PAYS in some) - 0.3 * (HARMS in some) + 0.01 * len(some) for some in shown]


def test_rewards_add_up_to_what_the_whole_gains_over_none() -> None:
    episodes = record_episodes(measure, SIZE, 3, 20, seed=0)
    for episode in episodes:
        gain = measure([episode.actions])[0] - measure([()])[0]
        assert sum(episode.rewards) == pytest.approx(gain, abs=1e-12)
        assert len(set(episode.actions)) == 3
    assert [sum(e.actions[0] == place for e in episodes) for place in range(SIZE)] == [2] * SIZE


def test_each_beginning_is_measured_once() -> None:
    asked: list[tuple[int, ...]] = []

    def count(shown: Sequence[tuple[int, ...]]) -> list[float]:
        asked.extend(shown)
        return measure(shown)

    record_episodes(count, 4, 2, 30, seed=0)
    assert len(asked) == len(set(asked)) <= 1 + 4 + 12


def test_the_one_that_pays_is_found_and_the_one_that_harms_is_not_shown() -> None:
    episodes = record_episodes(measure, SIZE, 2, 30, seed=1)
    policy = learn_policy(episodes, np.eye(SIZE), LEARNING)
    chosen = policy.choose(2)
    assert PAYS in chosen
    assert HARMS not in policy.choose(SIZE - 1)
    assert chosen == learn_policy(episodes, np.eye(SIZE), LEARNING).choose(2)


def test_the_conservative_term_is_how_far_all_are_valued_above_what_was_done() -> None:
    values = torch.tensor([[1.0, 1.0, float("-inf")]])
    loss = measure_conservative_loss(values, torch.tensor([0]), torch.tensor([3.0]), 0.5)
    assert float(loss) == pytest.approx((1.0 - 3.0) ** 2 + 0.5 * np.log(2.0))
