"""A trained retriever finds what words alone do not tell."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch

from components.retrieval.bm25 import Bm25
from components.retrieval.choices import choose_nearest
from components.retrieval.contrast import (
    Retriever,
    Training,
    label_texts,
    measure_contrast,
    recall_texts,
    train_retriever,
)
from components.retrieval.words import Floats

CLASSES, WORDS, POOL, QUESTIONS = 8, 6, 48, 160
TRAINING = Training(width=32, steps=150, batch_size=32, learning_rate=0.02, seed=1)


def tell(kind: int, vocabulary: str, rng: np.random.Generator) -> str:
    """Three words of a class in one vocabulary, and three that mean nothing."""
    own = [f"{vocabulary}{kind}x{n}" for n in rng.choice(WORDS, 3, replace=False)]
    return " ".join([*own, *(f"filler{n}" for n in rng.choice(12, 3, replace=False))])


def plant(seed: int, count: int, vocabulary: str) -> tuple[list[str], list[int]]:
    rng = np.random.default_rng(seed)
    kinds = [place % CLASSES for place in range(count)]
    return [tell(kind, vocabulary, rng) for kind in kinds], kinds


def test_a_trained_retriever_bridges_two_vocabularies_and_bm25_guesses() -> None:
    pool, kinds = plant(1, POOL, "a")
    asked, asked_kinds = plant(2, QUESTIONS, "b")

    def score(pairs: Sequence[tuple[int, int]]) -> Floats:
        """A model that answers right behind a demonstration of the question's class."""
        return np.array([math.log(0.9 if kinds[text] == asked_kinds[question] else 0.1) for text, question in pairs])

    labels = label_texts(recall_texts(pool, asked, 50), score, 5)
    trained = train_retriever(pool, asked, labels, TRAINING)
    new, new_kinds = plant(3, 200, "b")
    bm25 = Bm25(pool)
    by_words = [kinds[int(choose_nearest(bm25.score(text), 1)[0])] for text in new]
    by_training = [kinds[int(choose_nearest(trained.score(text), 1)[0])] for text in new]
    assert np.mean(np.array(by_words) == new_kinds) == pytest.approx(1 / CLASSES, abs=0.08)
    assert np.mean(np.array(by_training) == new_kinds) >= 0.95
    again = train_retriever(pool, asked, labels, TRAINING)
    assert (again.score(new[0]) == trained.score(new[0])).all()


def test_the_recalled_are_labelled_by_the_model_alone_and_never_with_themselves() -> None:
    texts = ["red apple", "red pear", "green pear", "blue sky"]
    recalled = recall_texts(texts, texts[:2], 2)
    assert all(place != question for question, places in enumerate(recalled) for place in places)
    assert recalled[0][0] == 1
    likely = {(1, 0): -3.0, (2, 0): -1.0, (0, 1): -1.0, (2, 1): -2.0}
    labels = label_texts([[1, 2], [0, 2], [3]], lambda pairs: np.array([likely.get(p, 0.0) for p in pairs]), 5)
    assert [(label.question, label.helpful, label.useless) for label in labels] == [(0, (2,), (1,)), (1, (0,), (2,))]


def test_contrast_is_the_cross_entropy_of_ones_own_among_all() -> None:
    queries, positives, negatives = torch.eye(2), torch.eye(2), torch.zeros(2, 2)
    assert float(measure_contrast(queries, positives, negatives)) == pytest.approx(-math.log(math.e / (math.e + 3)))
    # The same text for both: the other's positive is one's own.
    same = torch.ones(2, 2)
    found = measure_contrast(queries, same, negatives, names=[7, 7])
    assert float(found) == pytest.approx(-math.log(math.e / (math.e + 2)))


def test_an_untrained_retriever_is_near_the_cosine_of_words() -> None:
    texts = ["red apple on a tree", "green pear in a bowl", "blue sky over the sea"]
    retriever = Retriever(texts, [], width=4096, seed=0)
    assert retriever.score(texts[1]) == pytest.approx([0.0, 1.0, 0.0], abs=0.25)
    assert int(retriever.score("a pear").argmax()) == 1
