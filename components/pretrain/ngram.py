"""The baseline to beat: an interpolated Kneser-Ney n-gram model over the same token ids.

Source: Chen & Goodman 1999, "An empirical study of smoothing techniques for language modeling", equations 24-27:

    p_n(w | h) = max(c(hw) - D, 0) / c(h) + D * N1+(h .) / c(h) * p_{n-1}(w | h')

where c counts occurrences at the highest order, and distinct left neighbours below it; p_0 is uniform.
Shapes: N tokens of a stream.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]
Values = npt.NDArray[np.float64]
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


class _Order(NamedTuple):
    """Counts of one order, by hash: n-grams with their counts, contexts with their totals and distinct successors."""

    ngrams: Keys
    counts: Values
    contexts: Keys
    totals: Values
    distinct: Values
    discount: float


class NgramModel:
    """Fitted on one stream of ids; n-grams are kept as 64-bit hashes (a collision in 10^7 has odds of about 1e-6)."""

    def __init__(self, ids_N: Ids, order: int, vocab_size: int) -> None:
        self.vocab_size = vocab_size
        keys = _hash_ngrams(ids_N, order)
        orders: list[_Order] = []
        ends = np.arange(order - 1, len(ids_N))
        for n in range(order, 0, -1):
            counted = _count(keys[n][ends], keys[n - 1][ends - 1] if n > 1 else np.zeros(len(ends), np.uint64))
            orders.append(counted[0])
            # Below the top, an n-gram counts once for each distinct token to its left.
            ends = ends[counted[1]]
        self.orders = orders[::-1]

    def measure_loss(self, ids_N: Ids) -> float:
        """Mean nats per token over positions 1..N-1; each is predicted from all that precedes it in the stream."""
        return float(-np.log(self.predict(ids_N)).mean())

    def predict(self, ids_N: Ids) -> Values:
        """Probability of every token after the first, [N - 1]."""
        keys = _hash_ngrams(ids_N, len(self.orders))
        positions = np.arange(1, len(ids_N))
        probability = np.full(len(positions), 1.0 / self.vocab_size)
        for n, order in enumerate(self.orders, start=1):
            usable = positions >= n - 1
            at = positions[usable]
            contexts = keys[n - 1][at - 1] if n > 1 else np.zeros(len(at), np.uint64)
            probability[usable] = _interpolate(order, keys[n][at], contexts, probability[usable])
        return probability


def _hash_ngrams(ids_N: Ids, order: int) -> list[Keys]:
    """For every length n, the hash of the n tokens that end at each position (positions before n - 1 are void)."""
    tokens = ids_N.astype(np.uint64) + np.uint64(1)
    keys = [np.zeros(len(ids_N), np.uint64), _mix(tokens)]
    for n in range(2, order + 1):
        longer = np.zeros(len(ids_N), np.uint64)
        longer[1:] = _mix(keys[n - 1][:-1] + tokens[1:] * MULTIPLIER)
        keys.append(longer)
    return keys


def _mix(values: Keys) -> Keys:
    """A bijective scrambling of 64 bits (the finaliser of SplitMix64)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _count(ngrams: Keys, contexts: Keys) -> tuple[_Order, Ids]:
    """Count n-grams and their contexts; also returns where each distinct n-gram first stands."""
    unique, first, counts = np.unique(ngrams, return_index=True, return_counts=True)
    context_keys, inverse, distinct = np.unique(contexts[first], return_inverse=True, return_counts=True)
    totals = np.bincount(inverse, weights=counts)
    ones, twos = float((counts == 1).sum()), float((counts == 2).sum())
    discount = ones / (ones + 2 * twos) if ones else 0.5
    order = _Order(
        ngrams=unique,
        counts=counts.astype(np.float64),
        contexts=context_keys,
        totals=totals.astype(np.float64),
        distinct=distinct.astype(np.float64),
        discount=min(discount, 0.95),
    )
    return order, first


def _interpolate(order: _Order, ngrams: Keys, contexts: Keys, lower: Values) -> Values:
    counts = _look_up(order.ngrams, order.counts, ngrams)
    totals = _look_up(order.contexts, order.totals, contexts)
    distinct = _look_up(order.contexts, order.distinct, contexts)
    known = totals > 0
    safe = np.where(known, totals, 1.0)
    mixed = (np.maximum(counts - order.discount, 0.0) + order.discount * distinct * lower) / safe
    return np.where(known, mixed, lower)


def _look_up(keys: Keys, values: Values, wanted: Keys) -> Values:
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[places], 0.0)
