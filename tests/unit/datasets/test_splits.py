"""Both sides of a split, by what rows say."""

from hypothesis import given
from hypothesis import strategies as st

from components.datasets.splits import hold_out, hold_out_count

KEYS = st.lists(st.text(max_size=3), max_size=30)


@given(KEYS, st.floats(0, 1))
def test_two_different_rows_or_more_give_both_sides_and_equal_rows_stay_together(
    keys: list[str], fraction: float
) -> None:
    held = hold_out(keys, fraction)
    assert len(held) == len(keys)
    assert len({(key, out) for key, out in zip(keys, held, strict=True)}) == len(set(keys))
    assert set(held) == ({True, False} if len(set(keys)) > 1 else {False} if keys else set())


def test_a_row_s_place_depends_on_itself_alone_once_both_sides_have_rows() -> None:
    keys = [f"row {i}" for i in range(2000)]
    held = hold_out(keys, 0.1)
    assert 140 < sum(held) < 260
    assert hold_out(keys[::-1], 0.1) == held[::-1]
    assert hold_out(keys[:1500], 0.1) == held[:1500]


@given(KEYS, st.integers(1, 40))
def test_a_number_of_rows_is_held_out_but_never_more_than_half_of_the_different_ones(
    keys: list[str], count: int
) -> None:
    held = hold_out_count(keys, count)
    different = {key for key, out in zip(keys, held, strict=True) if out}
    assert len(different) == min(count, len(set(keys)) // 2)
    assert different.isdisjoint(key for key, out in zip(keys, held, strict=True) if not out)
