"""Reading answers out of text."""

import pytest

from components.problems.checker import ExtractorName, extract_answer, is_correct, is_worked, normalise_number

EXTRACTIONS: list[tuple[str, ExtractorName, str | None]] = [
    ("So it is. The answer is 12.", "the_answer_is", "12"),
    ("the answer is: $1,200.00.", "the_answer_is", "1200"),
    ("The answer is -3", "the_answer_is", "-3"),
    ("The answer is 2/4.", "the_answer_is", "1/2"),
    ("The answer is 5. Question: x The answer is 9.", "the_answer_is", "5"),
    ("The answer is unknown.", "the_answer_is", None),
    ("5+7=12\n#### 1,012", "hashes", "1012"),
    ("no marks", "hashes", None),
    (r"Hence \boxed{42}.", "boxed", "42"),
    (r"Hence \boxed{x+1}.", "boxed", "x+1"),
    ("The answer is (B).", "choice_letter", "B"),
    ("I choose (C)", "choice_letter", "C"),
    ("The answer is 4.", "choice_letter", None),
    ("He has 3, then 4.5 left.", "last_number", "9/2"),
    ("10 - 3 = 7.", "last_number", "7"),
    ("It costs $1,000 .", "last_number", "1000"),
    ("none", "last_number", None),
]


@pytest.mark.parametrize(("text", "name", "wanted"), EXTRACTIONS)
def test_each_extractor_reads_its_form(text: str, name: ExtractorName, wanted: str | None) -> None:
    assert extract_answer(text, [name]) == wanted


def test_the_first_extractor_that_finds_something_wins() -> None:
    text = "The answer is 3. #### 4"
    assert extract_answer(text, ["hashes", "the_answer_is"]) == "4"
    assert extract_answer(text, ["boxed", "the_answer_is"]) == "3"
    assert extract_answer(text, []) is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("007", "7"), ("12.0", "12"), ("0.5", "1/2"), ("-6/3", "-2"), ("1/0", None), ("x", None), ("- 4", "-4")],
)
def test_numbers_have_one_spelling(text: str, wanted: str | None) -> None:
    assert normalise_number(text) == wanted


def test_a_stated_answer_counts_before_a_later_number() -> None:
    assert is_correct("The answer is 12. Tom has 9 left.", 12)
    assert not is_correct("The answer is 1.", 12)
    assert is_correct("He has 12", 12)


def test_only_an_equation_before_the_answer_is_work() -> None:
    assert is_worked("Tom has 5 + 7 = 12. The answer is 12.")
    assert is_worked("5×3=15. The answer is 15.")
    assert not is_worked("The answer is 12. For 5 + 7 = 12.")
    assert not is_worked("Tom has 12 apples. The answer is 12.")
