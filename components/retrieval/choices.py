"""Choosing a few of many by how near they are, and how unlike each other.

Shapes: N texts to choose from, K chosen. Ties go to the first, so that a choice is the same everywhere.
"""

import numpy as np
import numpy.typing as npt

from components.retrieval.words import Floats

Ints = npt.NDArray[np.int64]
SMALLEST_GAIN = 1e-12
"""Of a determinant: below it a text lies in the span of those chosen."""


def choose_nearest(near_N: Floats, count: int) -> Ints:
    """The nearest first (KATE, Liu et al. 2021, arXiv 2101.06804)."""
    return np.argsort(-near_N, kind="stable")[:count].astype(np.int64)


def choose_marginal(near_N: Floats, alike_NN: Floats, count: int, *, relevance: float) -> Ints:
    """Maximal marginal relevance (Carbonell and Goldstein 1998): near, and unlike the nearest of those chosen.

    `relevance` is 1 for nearness alone, and 0 for difference alone.
    """
    chosen: list[int] = []
    while len(chosen) < min(count, len(near_N)):
        same_N = alike_NN[:, chosen].max(axis=1) if chosen else np.zeros(len(near_N))
        value_N = relevance * near_N - (1 - relevance) * same_N
        value_N[chosen] = -np.inf
        chosen.append(int(value_N.argmax()))
    return np.array(chosen, np.int64)


def choose_determinantal(kernel_NN: Floats, count: int) -> tuple[Ints, Floats]:
    """The likeliest subset of a determinantal point process, greedily (Chen et al. 2018, arXiv 1709.05135).

    Returns it with the rise of the logarithm of the determinant that each brought. Fewer than `count` are chosen where
    all others lie in the span of those chosen.
    """
    left_N = np.diag(kernel_NN).astype(np.float64).copy()
    rows_KN = np.zeros((min(count, len(left_N)), len(left_N)))
    chosen: list[int] = []
    gains: list[float] = []
    for step in range(len(rows_KN)):
        best = int(left_N.argmax())
        if left_N[best] < SMALLEST_GAIN:
            break
        rows_KN[step] = (kernel_NN[best] - rows_KN[:step, best] @ rows_KN[:step]) / np.sqrt(left_N[best])
        gains.append(float(np.log(left_N[best])))
        chosen.append(best)
        left_N -= rows_KN[step] ** 2
        left_N[chosen] = -np.inf
    return np.array(chosen, np.int64), np.array(gains)


def weigh_kernel(near_N: Floats, alike_NN: Floats, *, sharpness: float) -> Floats:
    """A kernel of likeness in which nearness counts (Ye et al. 2023, arXiv 2302.05698), [N, N]."""
    weight_N = np.exp(sharpness * near_N / 2)
    weighed: Floats = weight_N[:, None] * alike_NN * weight_N
    return weighed


def choose_by_votes(alike_NN: Floats, count: int, *, neighbours: int, discount: float) -> Ints:
    """Vote-k (Su et al. 2022, arXiv 2209.01975): texts that stand for many that nobody stands for yet.

    Each text votes for its `neighbours` nearest; a vote counts `discount` times less for every one of them that is
    chosen already.
    """
    size = len(alike_NN)
    apart_NN = alike_NN.copy()
    np.fill_diagonal(apart_NN, -np.inf)
    votes_NN = np.zeros((size, size), np.bool_)
    nearest_NK = np.argsort(-apart_NN, axis=1, kind="stable")[:, : min(neighbours, size - 1)]
    np.put_along_axis(votes_NN, nearest_NK, True, axis=1)
    chosen: list[int] = []
    while len(chosen) < min(count, size):
        weight_N = float(discount) ** -votes_NN[:, chosen].sum(axis=1)
        weight_N[chosen] = 0.0
        score_N = weight_N @ votes_NN
        score_N[chosen] = -np.inf
        chosen.append(int(score_N.argmax()))
    return np.array(chosen, np.int64)
