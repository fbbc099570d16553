"""The Kneser-Ney baseline against its closed form, and as a probability distribution."""

import math

import numpy as np
import pytest

from components.pretrain.ngram import NgramModel

STREAM = np.random.default_rng(0).integers(0, 7, 400)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_the_probabilities_of_all_next_tokens_sum_to_one(order: int) -> None:
    model = NgramModel(STREAM, order, vocab_size=7)
    for context in ([0, 1, 2, 3, 4, 5], [6, 6, 6, 6, 6, 6], [3, 1, 4, 1, 5, 2]):
        total = sum(model.predict(np.array([*context, token]))[-1] for token in range(7))
        assert total == pytest.approx(1.0, abs=1e-9)


def test_a_bigram_model_equals_the_hand_computed_one() -> None:
    """Stream a b a c a b: bigrams ab 2, ba 1, ac 1, ca 1, so n1 = 3, n2 = 1 and D = 3 / 5.

    Below, a token counts its distinct left neighbours: a 2, b 1, c 1; n1 = 2, n2 = 1 and D = 2 / 4.
    """
    model = NgramModel(np.array([0, 1, 0, 2, 0, 1]), 2, vocab_size=3)
    unigram_b = (1 - 0.5) / 4 + 0.5 * 3 / 4 / 3
    expected = (2 - 0.6) / 3 + 0.6 * 2 / 3 * unigram_b
    assert model.predict(np.array([0, 1]))[0] == pytest.approx(expected, rel=1e-12)


def test_it_predicts_a_repeating_stream_almost_surely() -> None:
    stream = np.tile(np.arange(10), 100)
    assert NgramModel(stream, 3, vocab_size=10).measure_loss(stream) < 0.1 < math.log(10)


def test_an_unseen_context_falls_back_to_shorter_ones() -> None:
    model = NgramModel(np.array([0, 1, 0, 2, 0, 1]), 2, vocab_size=4)
    assert model.predict(np.array([3, 0]))[0] == pytest.approx((2 - 0.5) / 4 + 0.5 * 3 / 4 / 4)
