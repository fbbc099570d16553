"""The k-shot curve: how likely the right answer is behind 0, 1, 2, ... demonstrations."""

from collections.abc import Callable, Sequence

import numpy as np

from components.retrieval.words import Floats

WeighBehind = Callable[[Sequence[tuple[tuple[int, ...], int]]], Floats]
"""The log-probability of each question's answer behind the demonstrations that are shown, in nats."""


def measure_curve(weigh: WeighBehind, questions: Sequence[Sequence[int]], shots: Sequence[int]) -> dict[int, float]:
    """Mean nats of the right answer, by the number of demonstrations.

    Each entry of `questions` is a question's place and, behind it, the places of its demonstrations: a question with
    more of them keeps those that it had. All are asked at once.
    """
    asked = [(tuple(row[1 : count + 1]), row[0]) for count in shots for row in questions]
    nats = -weigh(asked).reshape(len(shots), len(questions)).mean(axis=1)
    return {count: float(value) for count, value in zip(shots, np.asarray(nats).tolist(), strict=True)}
