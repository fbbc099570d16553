"""Texts as words, and as vectors of how telling their words are."""

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
_WORD = re.compile(r"\w+")


def split_words(text: str) -> list[str]:
    """Runs of letters and digits, in lower case."""
    return _WORD.findall(text.lower())


class Tfidf:
    """Term frequency times inverse document frequency (Spärck Jones 1972), smoothed as if one text held every word."""

    def __init__(self, texts: Sequence[str]) -> None:
        bags = [Counter(split_words(text)) for text in texts]
        held = Counter(word for bag in bags for word in bag)
        self._place = {word: place for place, word in enumerate(held)}
        self._idf = np.array([math.log((1 + len(texts)) / (1 + count)) + 1.0 for count in held.values()])

    def encode(self, texts: Sequence[str]) -> Floats:
        """Vectors [N, words] of length 1, or 0 for a text of unknown words: their products are cosines."""
        found = np.zeros((len(texts), len(self._place)))
        for row, text in enumerate(texts):
            for word, count in Counter(split_words(text)).items():
                if word in self._place:
                    found[row, self._place[word]] = count
        found *= self._idf
        lengths = np.linalg.norm(found, axis=1, keepdims=True)
        found /= np.where(lengths > 0, lengths, 1.0)
        return found
