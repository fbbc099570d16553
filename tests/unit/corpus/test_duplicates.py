"""Near-duplicates: how many are proposed, who decides, and who stays."""

import random
from math import comb

import numpy as np
import pytest

from components.base.yaml import read_yaml
from components.corpus.banding import Bands, choose_bands, sign
from components.corpus.config import MinHashConfig
from components.corpus.curve import LIKENESSES, measure_curve
from components.corpus.duplicates import Signed, Twins, find_twins
from components.text.shingles import cut_shingles, measure_likeness
from tests.contracts.source import ROOT
from tests.languages import STORIES

pytestmark = pytest.mark.slow

DEFAULT = MinHashConfig.model_validate(read_yaml(ROOT / "params.yaml")["corpus"]["minhash"])
PAIRS = 500
WORDS = 200
HALF_TAIL = 0.0005


def plant_pair(likeness: float, draw: random.Random) -> tuple[str, str]:
    """Two texts of words of their own, whose sets of words have exactly this Jaccard index."""
    words = [f"{draw.getrandbits(60):x}" for _ in range(WORDS)]
    shared = round(likeness * WORDS)
    common, rest = words[:shared], words[shared:]
    left, right = common + rest[: len(rest) // 2], common + rest[len(rest) // 2 :]
    draw.shuffle(left)
    draw.shuffle(right)
    return " ".join(left), " ".join(right)


def find_interval(chance: float) -> tuple[int, int]:
    """The counts of 500 between which a binomial draw falls 999 times of 1000."""
    below, low, high = 0.0, None, PAIRS
    for hits in range(PAIRS + 1):
        below += comb(PAIRS, hits) * chance**hits * (1 - chance) ** (PAIRS - hits)
        if low is None and below > HALF_TAIL:
            low = hits
        if below >= 1 - HALF_TAIL:
            high = hits
            break
    return low or 0, high


@pytest.mark.parametrize("likeness", [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95])
def test_planted_pairs_become_candidates_as_often_as_the_formula_says(likeness: float) -> None:
    bands = choose_bands(0.8, DEFAULT)
    draw = random.Random(f"pairs {likeness}")
    found = 0
    for _ in range(PAIRS):
        left, right = (cut_shingles(text, 1) for text in plant_pair(likeness, draw))
        assert measure_likeness(left, right) == likeness
        found += bool((sign(left, bands) == sign(right, bands)).any())
    low, high = find_interval(1 - (1 - likeness**bands.rows) ** bands.count)
    assert low <= found <= high


@pytest.mark.parametrize(("likeness", "recall"), [(0.8, 0.92), (0.85, 0.99), (0.9, 0.999), (0.7, 0.0)])
def test_of_planted_pairs_those_above_the_threshold_are_found_and_no_other(likeness: float, recall: float) -> None:
    draw = random.Random(f"recall {likeness}")
    found = [len(search([*plant_pair(likeness, draw)]).survivors) for _ in range(PAIRS)]
    assert sum(found) >= recall * PAIRS
    assert recall or not any(found), "a pair below the threshold was taken for a duplicate"


def search(texts: list[str], threshold: float = 0.8, size: int = 1, order: list[int] | None = None) -> Twins:
    bands = choose_bands(threshold, DEFAULT)
    sets = {f"{i:04}": cut_shingles(text, size) for i, text in enumerate(texts)}
    signed = [Signed(f"{i:04}", len(text), sign(sets[f"{i:04}"], bands).tobytes()) for i, text in enumerate(texts)]
    return find_twins([signed[i] for i in order or range(len(texts))], threshold, lambda ids: {i: sets[i] for i in ids})


@pytest.mark.parametrize(
    ("threshold", "permutations", "expected"),
    [(0.8, 160, Bands(20, 8)), (0.8, 64, Bands(10, 6)), (1.0, 64, Bands(1, 64)), (0.0, 64, Bands(64, 1))],
)
def test_bands_are_as_long_as_the_recall_allows(threshold: float, permutations: int, expected: Bands) -> None:
    cfg = MinHashConfig(permutations=permutations, shingle_words=5, min_recall=0.95)
    assert choose_bands(threshold, cfg) == expected


def test_the_default_finds_more_than_14_bands_of_8_rows_would() -> None:
    assert choose_bands(0.8, DEFAULT).find_chance(0.8) >= Bands(14, 8).find_chance(0.8)


def make_chain(links: int) -> list[str]:
    """Each text nearly equals the next and no other: of 40 words, three give way from link to link."""
    return [" ".join(f"word{i:02}" for i in range(3 * link, 3 * link + 40)) for link in range(links)]


def test_only_direct_neighbours_of_one_that_stays_go() -> None:
    found = search(make_chain(9)).survivors
    assert {id_: survivor for id_, (survivor, _) in found.items()} == {f"{i:04}": f"{i - 1:04}" for i in (1, 3, 5, 7)}


def test_the_longest_stays_and_of_equal_length_the_smallest_id() -> None:
    base = " ".join(f"word{i}" for i in range(60))
    assert search([base, base + " and more", base[:-1] + "x"]).survivors.keys() == {"0000", "0002"}
    assert search([base + " a1", base + " b1", base + " c1"]).survivors.keys() == {"0001", "0002"}


def test_the_order_of_reading_changes_nothing() -> None:
    draw = random.Random(3)
    words = [f"w{i}" for i in range(60)]
    texts = [" ".join(w for w in words if draw.random() > 0.1) for _ in range(150)]
    expected = search(texts)
    assert 20 < len(expected.survivors) < 149
    for _ in range(5):
        order = draw.sample(range(len(texts)), len(texts))
        assert search(texts, order=order) == expected


def test_a_crowd_of_copies_costs_one_comparison_each() -> None:
    base = " ".join(f"word{i}" for i in range(100))
    found = search([f"{base} copy{i}" for i in range(2000)])
    assert len(found.survivors) == 1999
    assert found.compared == 1999


@pytest.mark.parametrize("language", STORIES)
def test_near_duplicates_are_found_in_every_script(language: str) -> None:
    story = STORIES[language]
    others = [text for name, text in STORIES.items() if name != language]
    found = search([story * 2, story * 2 + " 2024", *others], size=5)
    assert found.survivors.keys() == {"0000"}


def test_shingles_are_those_of_the_words_whatever_the_case_and_the_punctuation() -> None:
    assert np.array_equal(cut_shingles("One, two; THREE four!", 2), cut_shingles("one two three four", 2))
    assert not np.array_equal(cut_shingles("one two three", 2), cut_shingles("three two one", 2))
    assert cut_shingles("one two", 5).size == 1
    assert not np.array_equal(cut_shingles("+++ ---", 5), cut_shingles("*** ===", 5))


def test_the_curve_tells_the_formula_and_what_was_measured() -> None:
    curve = measure_curve(Bands(20, 8))
    assert [row.jaccard for row in curve] == list(LIKENESSES)
    assert curve == measure_curve(Bands(20, 8))
    for row in curve:
        low, high = find_interval(row.theory)
        assert row.pairs == PAIRS and low <= row.measured * PAIRS <= high
