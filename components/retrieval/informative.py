"""Demonstrations that help a model with others' answers: InfoScore, filtered progressively.

Source: Li and Qiu 2023 (arXiv 2302.13539). What a demonstration tells of a solved question is how much likelier it
makes the right answer than no demonstration does; its score is the sum over many questions. Most candidates fall after
a few questions, so few need all. Shapes: N candidates.
"""

from collections.abc import Callable, Sequence

import numpy as np

from components.retrieval.choices import Ints
from components.retrieval.words import Floats

MeasureGains = Callable[[Sequence[int], Sequence[int]], Floats]
"""How much likelier each of these candidates makes the answer of each of these questions: a matrix."""


def plan_rounds(candidates: int, kept: int, *, first: int, factor: float, questions: int) -> list[tuple[int, int]]:
    """Of each round, how many candidates stay and how many questions have scored by its end.

    Each round leaves one of `factor` and scores by `factor` times as many questions, as far as there are such; the last
    leaves `kept`. Nothing is asked where all may stay.
    """
    rounds: list[tuple[int, int]] = []
    left, scored = candidates, float(first)
    while left > kept:
        left = max(kept, int(left / factor))
        rounds.append((left, min(int(scored), questions)))
        scored *= factor
    return rounds


def filter_progressively(
    measure: MeasureGains, candidates: int, questions: Sequence[int], kept: int, *, first: int, factor: float
) -> Ints:
    """Places of the `kept` most informative candidates, the most informative first; ties go to the first.

    Questions score in the order given, each of them once for each candidate that is still there.
    """
    left, asked = list(range(candidates)), 0
    sums_N = np.zeros(candidates)
    for stay, scored in plan_rounds(candidates, kept, first=first, factor=factor, questions=len(questions)):
        new = questions[asked:scored]
        if new:
            sums_N[left] += measure(left, new).sum(axis=1)
        asked = scored
        left = sorted(left, key=lambda place: (-sums_N[place], place))[:stay]
    return np.array(left, np.int64)
