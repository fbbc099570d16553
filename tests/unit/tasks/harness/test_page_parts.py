"""The parts of a page's reading, each alone: borders of turns, draws of rows, columns and templates, files."""

import json
from pathlib import Path

import pytest

from components.base.errors import DataError, ParamsError
from components.tasks.harness.config import HarnessPage
from components.tasks.harness.context import Turn, fold_turns, join_apart, pick_answer, write_turns
from components.tasks.harness.documents import DocReader
from components.tasks.harness.page import check_page
from components.tasks.harness.page_file import read_page
from components.tasks.harness.rows import read_page_rows
from components.tasks.harness.sampler import Sampler

KEYS = {
    "dataset_path": "json",
    "dataset_kwargs": {"data_files": {"test": "rows.jsonl"}},
    "test_split": "test",
    "doc_to_text": "question",
    "doc_to_target": "answer",
}


def test_a_delimiter_stands_only_where_no_white_space_is() -> None:
    assert join_apart("a", "b") == "a b"
    assert join_apart("a ", "b") == "a b"
    assert join_apart("a", "\nb") == "a\nb"
    assert join_apart(None, "b") == "b" and join_apart("a", "") == "a"


def test_an_answer_that_was_begun_is_said_before_the_answer() -> None:
    shown = write_turns("Q?", "four", gen_prefix="It is", target_delimiter=" ", fewshot_delimiter="\n\n")
    assert "".join(turn.text for turn in shown) == "Q? It is four\n\n"
    asked = write_turns("Q?\n", None, gen_prefix="It is", target_delimiter=" ")
    assert "".join(turn.text for turn in asked) == "Q?\nIt is"


def test_demonstrations_fold_into_one_turn_and_a_begun_answer_stays() -> None:
    turns = [Turn("system", "S"), Turn("user", "a", " "), Turn("assistant", "b", "\n"), Turn("user", "c", " ")]
    assert fold_turns(turns) == [{"role": "system", "content": "S"}, {"role": "user", "content": "a b\nc"}]
    assert fold_turns([*turns[1:], Turn("assistant", "d")])[-1] == {"role": "assistant", "content": "d"}


def test_of_several_answers_the_first_is_shown() -> None:
    assert pick_answer(["x", "y"], None) == "x"
    assert pick_answer(1, ["x", "y"]) == "y"
    assert pick_answer("", None) is None
    with pytest.raises(TypeError, match="a demonstration's answer is text"):
        pick_answer(1, None)


def test_a_question_is_never_its_own_demonstration() -> None:
    pool = [{"n": n} for n in range(5)]
    for kind in ("default", "first_n"):
        sampler = Sampler(pool, kind, "page")
        assert all(doc not in sampler.draw(4, doc) for doc in pool)
    doubled = Sampler([*pool, pool[0], pool[0]], "default", "page")
    assert all(len(doubled.draw(4, pool[0])) == 4 for _ in range(20))
    with pytest.raises(DataError, match="it takes 6 rows to draw from, and there are 5"):
        Sampler(pool, "default", "page").draw(6, None)


def test_digits_are_a_place_only_where_there_are_options() -> None:
    def read(**keys: object) -> DocReader:
        return DocReader(check_page({**KEYS, **keys}, "page"), frozenset({"question", "answer"}), "page")

    doc = {"question": "q", "answer": 3}
    assert read(doc_to_target="{{answer}}").read_target(doc) == "3"
    assert read(doc_to_target="{{answer}}", doc_to_choice=["a", "b"]).read_target(doc) == 3
    assert read(doc_to_target="{{['x', answer]}}").read_target(doc) == ["x", 3]
    assert read(doc_to_target="[no list").read_target(doc) == "[no list"
    assert read(doc_to_choice="{{['a', 'b']}}").read_choices(doc) == ["a", "b"]


def test_own_keys_win_over_included_ones_and_words_are_those_of_yaml_1_1(tmp_path: Path) -> None:
    (tmp_path / "shared.yaml").write_text("a: 1\nb: yes\nc: 1e-4\n", encoding="utf-8")
    (tmp_path / "page.yaml").write_text("include: [shared.yaml]\na: 2\n", encoding="utf-8")
    assert read_page(tmp_path / "page.yaml") == {"a": 2, "b": True, "c": 1e-4}


def test_rows_lie_beside_the_page_and_lack_nothing(tmp_path: Path) -> None:
    rows = [{"question": "q", "answer": "a"}, {"question": "r"}]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    page: HarnessPage = check_page(KEYS, "page")
    found = read_page_rows(page, tmp_path, "page")
    assert found.asked == [*rows[:1], {"question": "r", "answer": None}]
    assert found.columns == {"question", "answer"}
    with pytest.raises(ParamsError, match="test_split: missing"):
        check_page({key: value for key, value in KEYS.items() if key != "test_split"}, "page")
