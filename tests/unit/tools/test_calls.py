"""Calls in a text: seen when a result should stand, and put into solutions where an equation is true."""

import pytest

from components.tools.calls import find_question, split_result_mark, write_equations_as_calls
from components.tools.config import CallMarks
from components.tools.search import Search, cut_passages

MARKS = CallMarks()


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("She has <<3 + 4=", "3 + 4"),
        ("<<1=1>> and <<2 * 2=", "2 * 2"),
        ("3 + 4 =", None),
        ("<<3 + 4", None),
        ("<<3 + 4=7>> so x=", None),
        ("<<a=b=", None),
        ("<<3\n+ 4=", None),
        ("", None),
    ],
)
def test_a_question_is_what_stands_between_the_marks(text: str, asked: str | None) -> None:
    assert find_question(text, MARKS) == asked


def test_spaces_behind_the_mark_are_the_tool_s_to_write() -> None:
    marks = CallMarks(begin="<< ", result=" = ")
    assert split_result_mark(marks) == (" =", " ") and split_result_mark(MARKS) == ("=", "")
    assert find_question("<< 3 + 4 =", marks) == "3 + 4"
    assert find_question("<< 3 + 4 = ", marks) is None, "the model has gone on by itself"
    assert write_equations_as_calls("3 + 4 = 7.", marks) == "<< 3 + 4 = 7>>."


def test_true_equations_become_calls_and_others_stay() -> None:
    assert write_equations_as_calls("3 + 4 = 7. 7 * 2 = 14. The answer is 14.", MARKS) == (
        "<<3 + 4=7>>. <<7 * 2=14>>. The answer is 14."
    )
    assert write_equations_as_calls("3 + 4 = 8.", MARKS) == "3 + 4 = 8."
    assert write_equations_as_calls("<<3 + 4=7>>7 and 3 + 4 = 7", MARKS) == "<<3 + 4=7>>7 and 3 + 4 = 7"
    assert write_equations_as_calls("In 2 + 3 = 5 days, 1 - 4 = -3.", MARKS) == "In <<2 + 3=5>> days, <<1 - 4=-3>>."


def test_search_tells_the_passage_that_shares_the_words() -> None:
    documents = [
        "The queen of Norland lives in a tower by the sea.",
        "Bread is baked of flour and water >> and salt.",
        "Ships sail at night.",
        "No bird sings in winter.",
    ]
    search = Search(documents, passage_words=20, passages=1, end_mark=">>")
    assert search("Where does the queen of Norland live?") == documents[0]
    assert search("bread flour") == documents[1].replace(">>", "")
    assert search("zebra") is None
    assert Search([], passage_words=5, passages=1, end_mark=">>")("bread") is None


def test_passages_are_runs_of_words() -> None:
    assert cut_passages("a b\nc d  e", 2) == ["a b", "c d", "e"]
