"""Rows of a page as items."""

import json
from pathlib import Path

import pytest

from components.tasks.config import (
    ChatPromptConfig,
    DocumentPromptConfig,
    FileRowsConfig,
    GoldConfig,
    SolutionConfig,
    TaskPageConfig,
)
from components.tasks.page_items import read_items
from components.tasks.task import Exemplar, TaskForm

FORM = TaskForm("sums", ChatPromptConfig(), DocumentPromptConfig(), {})
ROWS = FileRowsConfig(path="rows.jsonl", format="jsonl")
PAGE = TaskPageConfig(
    rows=ROWS,
    question="{{ q }}",
    gold=GoldConfig(template="{{ a }}", extractors=["last_number"]),
    solution=SolutionConfig(answer_only="It is {{ gold }}.", cot="{{ a | regex_replace(' so.*') }}. It is {{ gold }}."),
)


def write_rows(folder: Path, *rows: dict[str, object]) -> None:
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_a_solution_may_say_the_gold_answer_and_leave_out_what_a_pattern_finds(tmp_path: Path) -> None:
    write_rows(tmp_path, {"q": "1 + 2?", "a": "1 + 2 = 3 so it is 3"})
    (item,) = read_items(PAGE, [(ROWS, tmp_path)], FORM, "page").items
    assert (item.gold, item.origin) == ("3", f"{tmp_path}/rows.jsonl:1")
    assert item.solution == Exemplar("1 + 2?", "It is 3.", "1 + 2 = 3. It is 3.")


def test_a_question_is_one_item_however_often_and_however_it_is_written(tmp_path: Path) -> None:
    said = ("How many?", "how many", "¿Cuántos años?", "cuántos años", "多少？", "多大？")
    rows: list[dict[str, object]] = [{"q": question, "a": "3"} for question in said]
    write_rows(tmp_path, *rows)
    found = read_items(PAGE, [(ROWS, tmp_path)], FORM, "page").items
    assert [item.question for item in found] == ["How many?", "¿Cuántos años?", "多少？", "多大？"]


def test_what_a_solution_reads_is_no_ignored_field(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_rows(tmp_path, {"q": "1 + 2?", "a": "3", "level": 5})
    assert read_items(PAGE, [(ROWS, tmp_path)], FORM, "page").ignored_fields == {"level": 1}
    assert "page: rows.jsonl: fields not used: level (1)" in capsys.readouterr().err
