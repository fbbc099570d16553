"""The letter of a multiple-choice answer."""

import pytest

from components.tasks.choices import read_choice


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("Option A is incorrect, so the answer is B.", "B"),
        ("I think so.", None),
        ("A person would say (d).", "D"),
        ("答案是C", "C"),
        ("**B** because it is longer", "B"),
        ("", None),
    ],
)
def test_what_is_ruled_out_or_a_mere_word_is_no_choice(text: str, letter: str | None) -> None:
    assert read_choice(text) == letter
