"""Progressive filtering of demonstrations, by hand."""

from collections.abc import Sequence

import numpy as np

from components.retrieval.informative import filter_progressively, plan_rounds
from components.retrieval.words import Floats

GAINS = np.array(
    [
        [0.9, -0.8, 0.0, 0.0],
        [0.5, 0.4, 0.3, 0.2],
        [0.1, 0.9, 0.9, 0.9],
        [0.4, 0.7, 0.1, 0.6],
        [0.3, 0.3, 0.3, 0.3],
        [-0.2, 0.0, 0.5, 0.5],
    ]
)
"""Six candidates, four questions. After question 0: 0, 1, 3 stay (0.9, 0.5, 0.4). After 0 and 1: sums 0.1, 0.9, 1.1."""


def test_survivors_of_a_table_are_those_found_by_hand() -> None:
    asked: list[tuple[list[int], list[int]]] = []

    def measure(candidates: Sequence[int], questions: Sequence[int]) -> Floats:
        asked.append((list(candidates), list(questions)))
        return GAINS[np.ix_(candidates, questions)]

    assert filter_progressively(measure, 6, range(4), 1, first=1, factor=2.0).tolist() == [3]
    # Six after one question, the three that stay after the second; candidate 2, the best in all, fell early.
    assert asked == [([0, 1, 2, 3, 4, 5], [0]), ([0, 1, 3], [1])]
    assert filter_progressively(measure, 6, range(4), 2, first=1, factor=2.0).tolist() == [3, 1]
    assert filter_progressively(measure, 6, range(4), 2, first=4, factor=2.0).tolist() == [2, 3]


def test_rounds_leave_half_and_ask_twice_as_many() -> None:
    assert plan_rounds(64, 8, first=4, factor=2.0, questions=99) == [(32, 4), (16, 8), (8, 16)]
    assert plan_rounds(64, 20, first=4, factor=2.0, questions=6) == [(32, 4), (20, 6)]
    assert plan_rounds(5, 8, first=4, factor=2.0, questions=6) == []
