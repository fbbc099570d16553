"""Prompts as a file holds them: text or messages, with an answer as it stands, or none."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.base.errors import DataError
from components.datasets.prompts import AskedPrompt, read_prompts


def read(tmp_path: Path, *rows: dict[str, Any], answer_field: str | None = "answer") -> list[AskedPrompt]:
    path = tmp_path / "p.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return read_prompts(path, "jsonl", prompt_field="prompt", answer_field=answer_field)[0]


def test_text_and_messages_are_one_form_and_answers_stay_as_they_stand(tmp_path: Path) -> None:
    asked = [{"role": "user", "content": "Hi"}]
    found = read(tmp_path, {"prompt": "Hi", "answer": "1,200 apples"}, {"prompt": asked, "answer": None})
    assert [(one.messages, one.answer) for one in found] == [(asked, "1,200 apples"), (asked, None)]
    assert found[1].where.endswith("p.jsonl:2")


def test_other_fields_are_counted(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('{"prompt": "Hi", "id": 3}\n', encoding="utf-8")
    _, ignored = read_prompts(tmp_path / "p.jsonl", "jsonl", prompt_field="prompt", answer_field=None)
    assert ignored == {"id": 1}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"answer": "1"}, "field 'prompt' is missing"),
        ({"prompt": "Hi"}, "field 'answer' is missing"),
        ({"prompt": [{"role": "assistant", "content": "Hi"}], "answer": "1"}, "ends with the assistant"),
    ],
)
def test_a_row_with_nothing_to_answer_is_refused_by_file_and_line(
    tmp_path: Path, row: dict[str, Any], said: str
) -> None:
    with pytest.raises(DataError, match=rf"p\.jsonl:1: .*{said}"):
        read(tmp_path, row)
