"""Passages that answer a model's question: those that share most words with it."""

from collections.abc import Iterable

import numpy as np

from components.retrieval.bm25 import Bm25

LONGEST_CHARS = 400


class Search:
    """Documents cut into passages, ranked by Okapi BM25."""

    def __init__(self, documents: Iterable[str], *, passage_words: int, passages: int, end_mark: str) -> None:
        self._passages = [p for document in documents for p in cut_passages(document, passage_words)]
        self._ranking = Bm25(self._passages) if self._passages else None
        self._count, self._end_mark = passages, end_mark

    def __call__(self, question: str) -> str | None:
        """The best passages in one line; None where no word of the question stands anywhere."""
        if self._ranking is None or len(question) > LONGEST_CHARS:
            return None
        scores_N = self._ranking.score(question)
        best = [int(place) for place in np.argsort(-scores_N, kind="stable")[: self._count] if scores_N[place] > 0]
        told = " ".join(self._passages[place] for place in best)
        # A passage that held the mark would end the result before its end.
        return told.replace(self._end_mark, "") or None


def cut_passages(document: str, words: int) -> list[str]:
    """Runs of so many words, the last one shorter, spaces and line breaks as one space each."""
    parts = document.split()
    return [" ".join(parts[start : start + words]) for start in range(0, len(parts), words)]
