"""K-means: texts in groups of near ones (Lloyd 1982), started apart (k-means++, Arthur and Vassilvitskii 2007).

Shapes: N vectors, C their width, K groups.
"""

from typing import NamedTuple

import numpy as np

from components.retrieval.choices import Ints
from components.retrieval.words import Floats

MAX_ROUNDS = 100
"""Lloyd's rounds end when no vector changes its group, in practice long before."""


class Clusters(NamedTuple):
    """Groups of vectors: the means of each, whose each vector is, and how far it lies from that mean."""

    centres_KC: Floats
    group_N: Ints
    distance_N: Floats

    def rank(self, group: int) -> list[int]:
        """Places of a group's vectors, the one nearest its mean first."""
        own = np.flatnonzero(self.group_N == group)
        return [int(place) for place in own[np.argsort(self.distance_N[own], kind="stable")]]


def cluster_vectors(vectors_NC: Floats, count: int, seed: int) -> Clusters:
    """So many groups, the same for the same seed; none is empty. Raises ValueError for fewer vectors than groups."""
    if not 1 <= count <= len(vectors_NC):
        raise ValueError(f"{count} groups of {len(vectors_NC)} vectors")
    centres_KC = vectors_NC[_spread(vectors_NC, count, np.random.default_rng(seed))]
    group_N = np.full(len(vectors_NC), -1)
    for _ in range(MAX_ROUNDS):
        squares_NK = measure_squares(vectors_NC, centres_KC)
        before_N, group_N = group_N, squares_NK.argmin(axis=1)
        _fill_empty(group_N, squares_NK)
        if (group_N == before_N).all():
            break
        centres_KC = np.stack([vectors_NC[group_N == group].mean(axis=0) for group in range(count)])
    distance_N = np.sqrt(measure_squares(vectors_NC, centres_KC)[np.arange(len(group_N)), group_N])
    return Clusters(centres_KC, group_N.astype(np.int64), distance_N)


def measure_squares(vectors_NC: Floats, centres_KC: Floats) -> Floats:
    """Squared distances, [N, K], by differences: exactly 0 for equal vectors."""
    return np.stack([((vectors_NC - centre_C) ** 2).sum(axis=1) for centre_C in centres_KC], axis=1)


def _spread(vectors_NC: Floats, count: int, rng: np.random.Generator) -> list[int]:
    """Places to start from: each drawn in proportion to its squared distance from those drawn before."""
    chosen = [int(rng.integers(len(vectors_NC)))]
    while len(chosen) < count:
        apart_N = measure_squares(vectors_NC, vectors_NC[chosen]).min(axis=1)
        apart_N[chosen] = 0.0
        total = apart_N.sum()
        if total > 0:
            chosen.append(int(rng.choice(len(apart_N), p=apart_N / total)))
        else:  # all that is left equals one of those chosen
            chosen.append(next(place for place in range(len(apart_N)) if place not in chosen))
    return chosen


def _fill_empty(group_N: Ints, squares_NK: Floats) -> None:
    """Give each empty group the vector that lies farthest from its own mean, out of a group that has others."""
    for group in range(squares_NK.shape[1]):
        if not (group_N == group).any():
            far_N = squares_NK[np.arange(len(group_N)), group_N].copy()
            far_N[np.bincount(group_N, minlength=squares_NK.shape[1])[group_N] == 1] = -1.0
            group_N[far_N.argmax()] = group
