"""From samples to a cell's figures: differences, spreads, overlap and curves, on samples whose figures are known."""

from collections import Counter
from itertools import product
from math import factorial, prod

import pytest

from components.icl.curves import expect_majority
from components.icl.grid import Cell
from components.icl.honesty import overlap
from components.icl.samples import Costs, Sample
from components.icl.scores import make_cell, measure_spread
from components.metrics.intervals import mcnemar_p_value

BASE = Cell("random", "as_selected", "as_trained", "direct", "none", 2, 0)


def make_samples(correct: str, overlaps: str = "") -> list[Sample]:
    flags = overlaps or "0" * len(correct)
    return [
        Sample("sft", "t", f"t/{at}", BASE, 2, ("a", "b"), flag == "1", "p", ("x",), (), "1", "1", (), mark == "1")
        for at, (mark, flag) in enumerate(zip(correct, flags, strict=True))
    ]


def test_a_cell_is_compared_item_by_item() -> None:
    cell = make_cell(make_samples("1111100000"), make_samples("1000011000"), Costs(), 0.95)
    assert cell.exact_match == 0.5
    assert cell.difference == 0.2
    assert cell.p_value == round(mcnemar_p_value(4, 2), 4)


def test_items_whose_demonstrations_overlap_are_counted_and_left_out_once() -> None:
    samples = make_samples("1100", "1000")
    cell = make_cell(samples, samples, Costs(), 0.95)
    assert (cell.exact_match, cell.overlapping, cell.exact_match_without_overlap) == (0.5, 1, 0.3333)
    assert (cell.difference, cell.p_value) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ("Tom has two red apples and a pear", "Ann says: two red apples and a fig", True),
        ("Tom has two red apples", "Tom has two green apples", False),
        ("red apples", "Tom has two Red apples!", True),  # shorter than the run: all of it
        ("", "Tom", False),
    ],
)
def test_a_shared_run_of_words_is_an_overlap(first: str, second: str, shared: bool) -> None:
    assert overlap(first, second, 5) is shared


def test_the_spread_is_over_cells_that_differ_in_one_axis_alone() -> None:
    def at(**changes: object) -> tuple[str, str, Cell]:
        return "sft", "t", Cell(**{**vars(BASE), **changes})

    scores = {at(): 0.5, at(order="random"): 0.3, at(order="other"): 0.6, at(order="random", shots=1): 0.0}
    assert measure_spread(at(), scores) == {"order": 0.3}
    assert measure_spread(at(order="random", shots=1), scores) == {"shots": 0.3}


def majority(shares: dict[str | None, float], right: str, n: int) -> float:
    """Probability, by the multinomial distribution, that n independent votes elect the right answer."""
    total = 0.0
    for counts in product(range(n + 1), repeat=len(shares)):
        if sum(counts) == n:
            ways = factorial(n) / prod(factorial(count) for count in counts)
            chance = ways * prod(share**count for share, count in zip(shares.values(), counts, strict=True))
            voted = {answer: count for answer, count in zip(shares, counts, strict=True) if answer is not None}
            most = max(voted.values())
            if most and voted[right] == most:
                total += chance / list(voted.values()).count(most)
    return total


@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_curve_of_majorities_is_unbiased(n: int) -> None:
    """Its mean over all sets of chains that may be sampled is the multinomial's probability."""
    shares: dict[str | None, float] = {"1": 0.5, "2": 0.3, None: 0.2}
    mean = 0.0
    for sampled in product(shares, repeat=4):
        chance = prod(shares[answer] for answer in sampled)
        mean += chance * expect_majority(sampled, [answer == "1" for answer in sampled], n)
    assert mean == pytest.approx(majority(shares, "1", n), abs=1e-12)


def test_the_majority_of_all_chains_is_their_vote() -> None:
    answers = ["1", "2", "2", None, "1", "2"]
    for gold, count in Counter(answers).items():
        expected = float(count == 3)
        assert expect_majority(answers, [a is not None and a == gold for a in answers], 6) == expected
