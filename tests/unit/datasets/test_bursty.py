"""Labelled words: how often the last one has stood before, and what it is called."""

from random import Random

import pytest

from components.datasets.bursty import LabelledSequence, LabelledWords, name_class
from components.datasets.config import LabelledWordsConfig

CFG = LabelledWordsConfig(classes=20, labels=4)
DRAWN = 4000


def draw(burstiness: float, exponent: float = 0.0) -> list[LabelledSequence]:
    words, rng = LabelledWords(CFG, 3, burstiness=burstiness, exponent=exponent), Random(1)
    return [words.draw(rng) for _ in range(DRAWN)]


def weigh_classes(exponent: float) -> list[float]:
    weights = [rank**-exponent for rank in range(1, CFG.classes + 1)]
    return [weight / sum(weights) for weight in weights]


@pytest.mark.parametrize("exponent", [0.0, 1.0, 2.5])
def test_words_are_drawn_by_zipf_s_law_and_seen_before_as_often_as_that_says(exponent: float) -> None:
    """Drawn apart, a word of probability p has stood among n others with 1 - (1 - p)^n."""
    shares, sequences = weigh_classes(exponent), draw(0.0, exponent)
    seen = sum(one.asked in one.shown for one in sequences) / DRAWN
    expected = sum(p * (1 - (1 - p) ** CFG.pairs) for p in shares)
    assert seen == pytest.approx(expected, abs=0.03)
    for rank in (0, 1, 19):
        found = sum(one.asked == rank for one in sequences) / DRAWN
        assert found == pytest.approx(shares[rank], abs=0.03)


def test_of_bursty_sequences_each_has_seen_its_last_word_and_of_a_mixture_as_many_as_are_bursty() -> None:
    for one in draw(1.0, 1.0):
        counts = sorted(one.shown.count(word) for word in set(one.shown))
        assert one.shown.count(one.asked) == 3 and counts[-2:] == [3, 3], "and another as often"
    apart = 1 - (1 - 1 / CFG.classes) ** CFG.pairs
    mixed = sum(one.asked in one.shown for one in draw(0.4)) / DRAWN
    assert mixed == pytest.approx(0.4 + 0.6 * apart, abs=0.03)


def test_a_word_has_one_label_and_all_labels_are_given_alike_often() -> None:
    called = {line for one in draw(0.5) for line in one.text.splitlines()}
    assert len(called) == len({line.split(": ")[0] for line in called}) == CFG.classes
    assert sorted(sum(line.endswith(f": {label}") for line in called) for label in range(4)) == [5, 5, 5, 5]
    assert LabelledWords(CFG, 3).draw(Random(5)) == LabelledWords(CFG, 3).draw(Random(5))


def test_questions_to_either_kind_of_memory_cannot_be_answered_by_the_other() -> None:
    words, rng = LabelledWords(CFG, 3), Random(2)
    known = {line for one in draw(0.5) for line in one.text.splitlines()}
    for _ in range(50):
        new, old = words.draw_in_context(rng), words.draw_in_weights(rng)
        assert not {line.split(":")[0] for line in new.text.splitlines()} & {line.split(":")[0] for line in known}
        *shown, last = new.text.splitlines()
        assert last in shown and len(set(shown)) == 2
        *shown, last = old.text.splitlines()
        assert last in known and not any(line.endswith(f": {old.label}") for line in shown)


def test_no_two_classes_have_one_word() -> None:
    assert len({name_class(number) for number in range(10_000)}) == 10_000
