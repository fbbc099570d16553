"""Induction heads: a model that was written to have one scores 1, and what has none scores little."""

import pytest
import torch

from components.model.int8 import quantize_model
from components.prompting.probes.induction import draw_repeats, match_prefixes, measure_copying, score_heads
from tests.copier import TOKENS, write_copier
from tests.shapes import make_model

LENGTH = 12


def test_a_head_that_was_written_to_copy_scores_one() -> None:
    model, ids = write_copier(), draw_repeats(range(2, TOKENS), 6, LENGTH, 3, seed=0)
    (back,), (copy,) = score_heads(model, ids, LENGTH)
    assert copy == pytest.approx(1.0, abs=1e-3)
    assert back == pytest.approx(0.0, abs=1e-3)
    first, later = measure_copying(model, ids, LENGTH)
    assert later < 1e-3 < first


def test_rounding_to_int8_leaves_the_written_head_what_it_is() -> None:
    ids = draw_repeats(range(2, TOKENS), 2, LENGTH, 2, seed=1)
    [copy] = score_heads(quantize_model(write_copier(), embeddings=True), ids, LENGTH)[1]
    assert copy == pytest.approx(1.0, abs=1e-3)


def test_an_even_gaze_scores_what_its_share_is() -> None:
    """Of t + 1 places seen evenly one is behind the earlier one, in the third round two are."""
    length, positions = 5, 15
    even = torch.ones(positions, positions).tril() / torch.arange(1.0, positions + 1)[:, None]
    shares = [1 / (t + 1) for t in range(5, 10)] + [2 / (t + 1) for t in range(10, 15)]
    [score] = match_prefixes(even[None, None], length)
    assert float(score) == pytest.approx(sum(shares) / len(shares))


def test_rounds_repeat_and_tokens_of_one_differ() -> None:
    ids = draw_repeats(range(5, 30), 4, 7, 2, seed=3)
    assert torch.equal(ids[:, :7], ids[:, 7:])
    assert all(len(set(row)) == 7 for row in ids[:, :7].tolist())
    assert torch.equal(ids, draw_repeats(range(5, 30), 4, 7, 2, seed=3))
    with pytest.raises(ValueError, match="7 different tokens of 6"):
        draw_repeats(range(6), 1, 7, 2, seed=0)


def test_a_random_model_has_a_score_for_each_head_of_each_layer() -> None:
    scores = score_heads(make_model(), draw_repeats(range(2, 61), 4, 16, 2, seed=0), 16)
    assert [len(layer) for layer in scores] == [4, 4]
    assert all(0 <= score < 0.2 for layer in scores for score in layer)
