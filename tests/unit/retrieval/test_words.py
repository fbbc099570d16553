"""Similarities of texts, held against their formulas."""

import math

import numpy as np
import pytest

from components.retrieval.bm25 import Bm25
from components.retrieval.words import Tfidf, split_words

TEXTS = [
    "The cat sat on the mat, and the cat slept.",
    "A dog chased the cat.",
    "Rain fell on the old town all day long; the streets ran with it.",
    "The dog slept on a mat.",
    "2 plums and 3 plums are 5 plums.",
]


def score_by_the_book(texts: list[list[str]], question: list[str]) -> list[float]:
    """Okapi BM25 as rank_bm25 has it: k1 = 1.5, b = 0.75, negative weights a quarter of the mean weight."""
    held = {word: sum(word in text for text in texts) for text in texts for word in text}
    weight = {w: math.log(len(texts) - n + 0.5) - math.log(n + 0.5) for w, n in held.items()}
    floor = 0.25 * sum(weight.values()) / len(weight)
    mean = sum(map(len, texts)) / len(texts)
    found = []
    for text in texts:
        total = 0.0
        for word in question:
            if word in weight:
                count = text.count(word)
                least = 1.5 * (1 - 0.75 + 0.75 * len(text) / mean)
                total += (weight[word] if weight[word] >= 0 else floor) * count * 2.5 / (count + least)
        found.append(total)
    return found


@pytest.mark.parametrize("question", ["the cat and the dog", "plums", "the", "nothing known", "", "cat cat cat mat"])
def test_bm25_is_the_formula(question: str) -> None:
    found = Bm25(TEXTS).score(question)
    assert found == pytest.approx(score_by_the_book([split_words(t) for t in TEXTS], split_words(question)), abs=1e-9)


def test_vectors_of_texts_have_length_one_and_an_unknown_text_none() -> None:
    tfidf = Tfidf(TEXTS)
    encoded = tfidf.encode([*TEXTS, "zebra"])
    assert np.linalg.norm(encoded, axis=1) == pytest.approx([1, 1, 1, 1, 1, 0])
    assert encoded[:5] @ encoded[:5].T == pytest.approx(tfidf.encode(TEXTS) @ tfidf.encode(TEXTS).T)


def test_a_rarer_word_weighs_more() -> None:
    tfidf = Tfidf(["a b", "a c", "a d"])
    [vector] = tfidf.encode(["a b"])
    rare, common = math.log(4 / 2) + 1, math.log(4 / 4) + 1
    assert sorted(vector[vector > 0]) == pytest.approx(np.array([common, rare]) / math.hypot(common, rare))
