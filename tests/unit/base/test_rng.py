"""Seeds and numbers that are pure functions of what they are for."""

from components.base.rng import SEED_BITS, derive_seed, draw_uniform


def test_a_seed_is_the_same_for_the_same_names_and_another_for_others() -> None:
    assert derive_seed(17, "rollout", 3) == derive_seed(17, "rollout", 3)
    names = [(), ("rollout",), ("rollout", 3), ("rollout", "3"), ("rollout", 4), ("answers", 3)]
    assert len({derive_seed(seed, *name) for seed in (17, 18) for name in names}) == 2 * len(names)


def test_a_seed_fits_every_generator() -> None:
    assert all(0 <= derive_seed(0, index) < 1 << SEED_BITS for index in range(1000))


def test_numbers_are_spread_evenly_over_their_range() -> None:
    drawn = [draw_uniform("use", index) for index in range(4000)]
    assert all(0 <= number < 1 for number in drawn)
    assert 900 < sum(number < 0.25 for number in drawn) < 1100


def test_what_is_drawn_for_data_depends_on_what_it_says_alone() -> None:
    assert draw_uniform({"a": 1, "b": [2]}) == draw_uniform({"b": [2], "a": 1}) != draw_uniform({"a": 1, "b": 2})
