"""Multiple choice in task pages: by letter, by text, and every mistake answered with its place."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.base.errors import DataError
from components.tasks.score import is_correct
from tests.unit.tasks.test_page import load_task, write_task

CHOICES = {
    "question": "Which is a fruit?",
    "gold": {"template": "{{ key }}"},
    "choices": {"options": "choices.text", "gold": "letter", "by": "letter"},
    "exemplars": [{"question": "?", "answer_only": "A"}],
}
ROW = {"choices": {"text": ["a stone", "an apple", "ripe apple juice"]}, "key": "B"}


def test_choices_by_letter_are_listed_and_judged_by_their_letter(tmp_path: Path) -> None:
    page = write_task(tmp_path, **CHOICES)
    (tmp_path / "rows.jsonl").write_text(json.dumps(ROW), encoding="utf-8")
    (item,) = load_task(page, tmp_path, shots=1).items
    assert item.question == "Which is a fruit?\nA. a stone\nB. an apple\nC. ripe apple juice"
    assert item.gold == "B" and item.require_solution().answer_only == "B"
    assert is_correct("The answer is (B), an apple.", item.gold, item.judge)
    assert not is_correct("C. ripe apple juice", item.gold, item.judge)


def test_choices_by_text_are_judged_by_the_option_that_is_said(tmp_path: Path) -> None:
    page = write_task(tmp_path, **CHOICES | {"choices": {"options": "choices.text", "gold": "letter", "by": "text"}})
    (tmp_path / "rows.jsonl").write_text(json.dumps(ROW), encoding="utf-8")
    (item,) = load_task(page, tmp_path, shots=1).items
    assert (item.question, item.gold) == ("Which is a fruit?", "an apple")
    for said in ("An apple.", "No stone. The answer is an apple", "I would say that an apple is one."):
        assert is_correct(said, item.gold, item.judge), said
    for said in ("", "a stone or an apple", "ripe apple juice", "an applecart"):
        assert not is_correct(said, item.gold, item.judge), said


@pytest.mark.parametrize(
    ("choices", "key", "message"),
    [
        ({"options": "choices.text", "gold": "index", "by": "text"}, "3", "no gold answer found"),
        ({"options": "choices.text", "gold": "text", "by": "text"}, "pear", "no gold answer found"),
        ({"options": "choices.none", "gold": "letter", "by": "text"}, "A", "expression 'choices.none'"),
        ({"options": "key", "gold": "letter", "by": "text"}, "A", "gives no list of options"),
        ({"options": ["yes", "Yes!"], "gold": "letter", "by": "text"}, "A", "options that differ"),
    ],
)
def test_a_choice_that_cannot_be_made_is_one_clear_line(
    choices: dict[str, Any], key: str, message: str, tmp_path: Path
) -> None:
    page = write_task(tmp_path, **CHOICES | {"choices": choices})
    (tmp_path / "rows.jsonl").write_text(json.dumps(ROW | {"key": key}), encoding="utf-8")
    with pytest.raises(DataError, match=rf"rows\.jsonl:1: .*{message}") as refused:
        load_task(page, tmp_path, shots=1)
    assert "\n" not in str(refused.value)
