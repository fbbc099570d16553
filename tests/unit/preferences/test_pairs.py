"""Right against wrong: what makes a pair, and which prompts are held out."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.base.errors import DataError
from components.datasets.preferences import Pair
from components.metrics.data import PreferencesMetrics
from components.preferences.pairs import Sample, pair_samples, split_pairs

SAMPLES = st.lists(
    st.builds(Sample, st.just([1]), st.sampled_from(["a", "b", "c", "d"]), st.booleans(), st.booleans()), max_size=8
)


def pair(prompt: str, length: int = 3) -> Pair:
    return Pair(prompt, "yes", "no", 1, [1] * length, [2] * length)


@given(SAMPLES, st.integers(1, 5))
def test_pairs_set_a_preferred_answer_against_a_different_one_that_is_not(samples: list[Sample], most: int) -> None:
    pairs = pair_samples("q", [7], samples, most, Random(0))
    preferred = {s.text for s in samples if s.correct and s.finished}
    others = {s.text for s in samples if not (s.correct and s.finished)}
    assert len(pairs) <= most
    assert all(p.chosen in preferred and p.rejected in others and p.chosen != p.rejected for p in pairs)
    assert len({(p.chosen, p.rejected) for p in pairs}) == len(pairs)
    possible = sum(p != o for p in preferred for o in others)
    assert len(pairs) == min(most, possible)


def test_each_side_of_a_pair_is_the_prompt_and_its_own_answer() -> None:
    samples = [Sample([1, 9], "right", True, True), Sample([2], "wrong", False, True)]
    assert pair_samples("q", [7, 8], samples, 4, Random(0)) == [Pair("q", "right", "wrong", 2, [7, 8, 1, 9], [7, 8, 2])]


def test_all_pairs_of_a_prompt_stay_on_one_side() -> None:
    pairs = [pair(f"prompt {i % 40}") for i in range(120)]
    split = split_pairs(pairs, 0.3, 10, "here", PreferencesMetrics())
    assert len(split.train) + len(split.heldout) == 120
    assert {p.prompt for p in split.train}.isdisjoint(p.prompt for p in split.heldout)
    alone = split_pairs(pairs[:40], 0.3, 10, "here", PreferencesMetrics())
    assert {p.prompt for p in alone.heldout} == {p.prompt for p in split.heldout}


def test_pairs_over_the_length_are_left_out_and_counted() -> None:
    pairs = [pair(f"{i}") for i in range(40)] + [pair("long", 11)]
    assert split_pairs(pairs, 0.3, 10, "here", PreferencesMetrics()).counts["dropped_pairs"] == 1


def test_no_pairs_are_refused_in_one_line() -> None:
    with pytest.raises(DataError, match=r"^sampled answers: 0 preference pairs to train on and 0 held out"):
        split_pairs([], 0.2, 10, "sampled answers", PreferencesMetrics())
