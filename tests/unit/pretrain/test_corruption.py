"""Span corruption: the text comes back whole, whatever its tokens, and spans are as many and as long as they should."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.pretrain.corruption import corrupt, count_noise, draw_noise, fit_length, restore

SENTINELS = list(range(1000, 1400))


@given(
    ids=st.lists(st.integers(0, 999), min_size=2, max_size=300),
    corruption=st.floats(0.01, 0.99),
    mean_span=st.floats(1.0, 64.0),
    seed=st.integers(0, 2**32),
)
def test_inputs_and_targets_restore_any_text(ids: list[int], corruption: float, mean_span: float, seed: int) -> None:
    text = np.array(ids)
    noise = draw_noise(len(ids), corruption, mean_span, np.random.default_rng(seed))
    inputs, targets = corrupt(text, noise, SENTINELS)
    assert restore(inputs, targets, SENTINELS).tolist() == ids
    hidden, spans = count_noise(len(ids), corruption, mean_span)
    assert noise.sum() == hidden
    assert (len(inputs), len(targets)) == (len(ids) - hidden + spans, hidden + spans + 1)


def test_the_example_of_the_t5_paper() -> None:
    text = np.arange(10)  # Thank you for inviting me to your party last week
    noise = np.isin(text, [2, 3, 8])
    inputs, targets = corrupt(text, noise, SENTINELS)
    assert inputs.tolist() == [0, 1, 1000, 4, 5, 6, 7, 1001, 9]
    assert targets.tolist() == [1000, 2, 3, 1001, 8, 1002]


@given(room=st.integers(8, 600), corruption=st.floats(0.05, 0.6), mean_span=st.floats(1.0, 64.0))
def test_the_longest_text_that_fits_is_found(room: int, corruption: float, mean_span: float) -> None:
    def total(length: int) -> int:
        return length + 2 * count_noise(length, corruption, mean_span)[1] + 1

    length = fit_length(room, corruption, mean_span)
    assert total(length) <= room < total(length + 1)


def test_shares_and_span_lengths_are_those_asked_for() -> None:
    rng = np.random.default_rng(0)
    masks = np.stack([draw_noise(200, 0.15, 3.0, rng) for _ in range(400)])
    starts = masks & ~np.pad(masks, ((0, 0), (1, 0)))[:, :-1]
    assert masks.mean() == pytest.approx(0.15)
    assert masks.sum() / starts.sum() == pytest.approx(3.0)
    # Every place but the first may be hidden: no part of a text is always given.
    assert (masks.mean(0)[1:] > 0).all()
