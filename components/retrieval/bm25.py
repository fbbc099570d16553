"""Okapi BM25 (Robertson et al. 1994), in the form of the library rank_bm25.

There a word that more than half of all texts hold has a quarter of the mean weight instead of a negative one.
"""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from components.retrieval.words import Floats, split_words

SATURATION, LENGTH_SHARE, FLOOR_SHARE = 1.5, 0.75, 0.25
"""How soon a repeated word counts no more, how much long texts pay, and what a common word has of the mean weight."""


class Bm25:
    """Texts that questions are held against."""

    def __init__(self, texts: Sequence[str]) -> None:
        bags = [Counter(split_words(text)) for text in texts]
        held = Counter(word for bag in bags for word in bag)
        weights = {word: math.log(len(texts) - count + 0.5) - math.log(count + 0.5) for word, count in held.items()}
        floor = FLOOR_SHARE * sum(weights.values()) / max(1, len(weights))
        self._weights = {word: weight if weight >= 0 else floor for word, weight in weights.items()}
        lengths_N = np.array([sum(bag.values()) for bag in bags], np.float64)
        self._price_N = SATURATION * (1 - LENGTH_SHARE + LENGTH_SHARE * lengths_N / max(1.0, lengths_N.mean()))
        self._counts: dict[str, tuple[npt.NDArray[np.int64], Floats]] = {
            word: (
                np.array([row for row, bag in enumerate(bags) if word in bag]),
                np.array([float(bag[word]) for bag in bags if word in bag]),
            )
            for word in held
        }

    def score(self, question: str) -> Floats:
        """How well each text answers to the words of a question, [N]."""
        found_N = np.zeros(len(self._price_N))
        for word in split_words(question):
            if word in self._counts:
                rows, counts = self._counts[word]
                share = counts * (SATURATION + 1) / (counts + self._price_N[rows])
                found_N[rows] += self._weights[word] * share
        return found_N
