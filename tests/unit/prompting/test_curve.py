"""The k-shot curve of a model that was made up."""

from collections.abc import Sequence

import numpy as np

from components.prompting.probes.curve import measure_curve
from components.retrieval.words import Floats


def test_each_further_demonstration_is_worth_what_it_is_worth() -> None:
    """Each shown one halves the nats; a question keeps the demonstrations that it had with fewer."""
    asked: list[tuple[tuple[int, ...], int]] = []

    def weigh(shown: Sequence[tuple[tuple[int, ...], int]]) -> Floats:
        asked.extend(shown)
        return np.array([-(4.0 + place) / 2 ** len(some) for some, place in shown])

    found = measure_curve(weigh, [[0, 7, 8, 9], [2, 5, 6, 4]], [0, 1, 2])
    assert found == {0: 5.0, 1: 2.5, 2: 1.25}
    assert asked == [((), 0), ((), 2), ((7,), 0), ((5,), 2), ((7, 8), 0), ((5, 6), 2)]
