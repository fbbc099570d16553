"""The one meaning of correct, and what counts as a chain of thought."""

from components.tasks.extract import extract_answer
from components.tasks.numbers import same_value
from components.tasks.score import Judge, has_cot, is_correct, is_match, vote


def test_a_stated_answer_counts_before_a_later_number() -> None:
    assert is_correct("The answer is 12. Tom has 9 left.", "12")
    assert not is_correct("The answer is 1.", "12")
    assert is_correct("He has 12", "12")


def test_only_an_equation_before_the_answer_is_a_chain_of_thought() -> None:
    assert has_cot("Tom has 5 + 7 = 12. The answer is 12.")
    assert has_cot("5×3=15. The answer is 15.")
    assert not has_cot("The answer is 12. For 5 + 7 = 12.")
    assert not has_cot("Tom has 12 apples. The answer is 12.")


def test_a_percentage_equals_its_share_and_the_bare_figure_of_a_key() -> None:
    said = extract_answer("The answer is 12.5%.", ["the_answer_is"])
    assert said is not None
    assert [same_value(said, gold) for gold in ("1/8", "25/2", "125")] == [True, True, False]
    assert is_correct("The answer is 50%.", "50")
    assert not is_correct("The answer is 1/2.", "50")


def test_the_majority_wins_and_silence_has_no_vote() -> None:
    assert vote(["3", None, "4", None, None, "4"]) == "4"
    assert vote(["7", "3", "3", "7"]) == "7"
    assert vote([None, None]) is None


def test_no_answer_is_never_a_match() -> None:
    assert not is_match(None, "None", "exact_match")
    assert not is_match("b", "B", "exact_match")
    assert is_match("b", "B", "exact_match_ignoring_case")


def test_the_chain_of_a_task_decides_what_is_read() -> None:
    assert is_correct("The answer is (B).", "B", Judge(("choice_letter",)))
    assert not is_correct("The answer is (B).", "B")
    assert is_correct(" Paris ", "Paris", Judge(()))
