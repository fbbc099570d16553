"""Short problems: their words, and the arithmetic under them."""

import string
from random import Random

import pytest

from components.base.errors import DataError
from components.tasks.word_problems.plots import Plot, draw_steps
from components.tasks.word_problems.plots_told import PLOTS
from components.tasks.word_problems.plots_told.bare import BARE
from components.tasks.word_problems.plots_told.differences import DIFFERENCES
from components.tasks.word_problems.plots_told.products import PRODUCTS
from components.tasks.word_problems.plots_told.purchases import PURCHASES
from components.tasks.word_problems.plots_told.questions import LEFT, MONEY_LEFT, NOW
from components.tasks.word_problems.plots_told.quotients import QUOTIENTS
from components.tasks.word_problems.plots_told.sums import SUMS
from components.tasks.word_problems.plots_told.three_steps import THREE_STEPS
from components.tasks.word_problems.plots_told.two_steps import TWO_STEPS
from components.tasks.word_problems.telling import tell_plot

LETTERS = {"a": "a", "b": "b", "c": "c1", "d": "d1"}
NUMBERS = set(LETTERS.values())


def fields(frame: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(frame) if name is not None}


def numbers_of(plot: Plot) -> set[str]:
    terms = {term for formula in plot.steps for term in formula.split()}
    return {LETTERS[term] for term in terms if term in LETTERS}


@pytest.mark.parametrize(
    ("operator", "plots"), [("+", SUMS), ("-", DIFFERENCES), ("*", PRODUCTS), ("/", QUOTIENTS)], ids=str
)
def test_a_family_of_one_step_has_its_operator(operator: str, plots: tuple[Plot, ...]) -> None:
    assert {formula.split()[1] for plot in plots for formula in plot.steps} == {operator}
    assert {len(plot.steps) for plot in plots} == {1}


def test_longer_families_have_their_length_and_bare_sums_every_operator() -> None:
    assert [{len(plot.steps) for plot in plots} for plots in (TWO_STEPS, PURCHASES, THREE_STEPS)] == [{2}, {2}, {3}]
    assert [plot.steps[0].split()[1] for plot in BARE] == ["+", "-", "*", "/"]


@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: "; ".join(plot.steps))
def test_every_way_of_telling_and_asking_states_all_numbers(plot: Plot) -> None:
    for told in plot.told:
        for asked in plot.asked:
            assert (fields(told) | fields(asked)) & NUMBERS == numbers_of(plot)
    assert all("  " not in frame for frame in (*plot.told, *plot.asked))


@pytest.mark.parametrize("plot", PLOTS, ids=lambda plot: "; ".join(plot.steps))
def test_every_frame_can_be_filled(plot: Plot) -> None:
    rng = Random(3)
    for _ in range(20):
        steps, numbers = draw_steps(rng, plot, 100)
        told, questions = tell_plot(rng, plot, numbers)
        assert "{" not in told and len(questions) == len(plot.asked)
        assert all(2 <= step.result <= 100 for step in steps)


def test_the_largest_number_bounds_a_plot_and_impossible_ones_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.tasks.word_problems.plots.LONGEST_SEARCH", 50)
    for plot in PLOTS:
        for step in draw_steps(Random(1), plot, 100)[0]:
            assert step.result <= 100
    with pytest.raises(DataError, match="no numbers up to 3 fit"):
        draw_steps(Random(1), Plot(("a * b", "x * c"), ("{a} {b} {c1}",), ("",)), 3)


def test_a_word_before_a_vowel_takes_an() -> None:
    plot = Plot(("a + b",), ("A apple and a {u} apple: {a}, {b}.",), ("",))
    told = {tell_plot(Random(seed), plot, {"a": 30, "b": 40})[0] for seed in range(60)}
    assert all(text.startswith("An apple and a") for text in told)
    assert any("an old apple" in text for text in told)


def test_questions_that_families_share_name_nothing_but_what_every_plot_has() -> None:
    assert {name for question in (*NOW, *LEFT, *MONEY_LEFT) for name in fields(question)} <= {"i", "n", "s"}
