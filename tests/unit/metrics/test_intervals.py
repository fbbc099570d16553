"""Intervals and McNemar's test against values worked out by hand, known from the literature, or drawn."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.metrics.intervals import mcnemar_p_value, paired_interval, wilson_interval


def test_wilson_at_one_half_has_the_known_ends() -> None:
    assert wilson_interval(5, 10, 0.95) == pytest.approx((0.5, 0.2366, 0.7634), abs=1e-4)


def test_wilson_is_sound_at_the_ends_of_the_scale() -> None:
    assert wilson_interval(0, 10, 0.95) == pytest.approx((0.0, 0.0, 0.2775), abs=1e-4)
    assert wilson_interval(10, 10, 0.95) == pytest.approx((1.0, 0.7225, 1.0), abs=1e-4)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_ends_solve_wilsons_equation(case: tuple[int, int]) -> None:
    right, n = case
    interval = wilson_interval(right, n, 0.95)
    assert 0 <= interval.low <= interval.share + 1e-12 and interval.share - 1e-12 <= interval.high <= 1
    for end in (interval.low, interval.high):
        if 0 < end < 1:
            assert abs(interval.share - end) == pytest.approx(1.959964 * math.sqrt(end * (1 - end) / n), abs=1e-6)


def test_mcnemar_is_the_two_sided_sign_test() -> None:
    assert mcnemar_p_value(0, 0) == 1.0
    assert mcnemar_p_value(3, 3) == 1.0
    assert mcnemar_p_value(0, 5) == pytest.approx(2 / 32)
    assert mcnemar_p_value(8, 2) == pytest.approx(2 * (1 + 10 + 45) / 1024)
    assert mcnemar_p_value(2, 8) == mcnemar_p_value(8, 2)


def test_mcnemar_bears_large_counts() -> None:
    assert mcnemar_p_value(900, 1100) == pytest.approx(8.2e-6, rel=0.05)


def test_the_interval_of_a_difference_holds_it_and_covers_as_often_as_it_says() -> None:
    share, low, high = paired_interval(30, 10, 200, 0.95)
    assert share == 0.1 and low < 0.1 < high
    assert paired_interval(10, 30, 200, 0.95)[1:] == pytest.approx((-high, -low))
    rng = Random(5)
    covered = 0
    for _ in range(800):
        drawn = rng.choices(("first", "second", "neither"), (0.12, 0.07, 0.81), k=150)
        _, low, high = paired_interval(drawn.count("first"), drawn.count("second"), 150, 0.95)
        covered += low <= 0.05 <= high
    assert 0.93 <= covered / 800 <= 0.98


def test_methods_that_never_differ_still_have_an_interval() -> None:
    assert paired_interval(0, 0, 100, 0.95).low < 0 < paired_interval(0, 0, 100, 0.95).high
