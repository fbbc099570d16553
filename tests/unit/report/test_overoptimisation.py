"""Where the proxy rises and the truth falls, and where it only looks so."""

from hypothesis import given
from hypothesis import strategies as st

from components.report.overoptimisation import find_over_optimisation
from components.report.run_record import Points

RISING: Points = [(float(step), step * 0.1) for step in range(1, 11)]


def find(proxy: Points, truth: Points) -> tuple[float, float] | None:
    return find_over_optimisation(proxy, truth, truth_drop=0.03, proxy_rise=0.05)


def test_stretch_begins_at_the_peak_of_truth_and_ends_with_the_last_fall() -> None:
    truth = [(2.0, 0.40), (4.0, 0.60), (6.0, 0.58), (8.0, 0.50), (10.0, 0.41)]
    assert find(RISING, truth) == (4.0, 10.0)


def test_run_that_recovers_is_marked_only_where_it_was_astray() -> None:
    assert find(RISING, [(2.0, 0.60), (4.0, 0.50), (8.0, 0.59), (10.0, 0.595)]) == (2.0, 4.0)


def test_truth_that_falls_with_the_proxy_is_not_over_optimisation() -> None:
    falling = [(step, -value) for step, value in RISING]
    assert find(falling, [(2.0, 0.6), (8.0, 0.3)]) is None


def test_drop_within_the_noise_is_not_over_optimisation() -> None:
    assert find(RISING, [(2.0, 0.60), (8.0, 0.575)]) is None


def test_absent_curves_have_no_stretch() -> None:
    assert find([], [(1.0, 0.5)]) is None
    assert find(RISING, []) is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=10))
def test_truth_that_never_falls_is_never_marked(values: list[float]) -> None:
    assert find(RISING, [(float(i + 1), value) for i, value in enumerate(sorted(values))]) is None
