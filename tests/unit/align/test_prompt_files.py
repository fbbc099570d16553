"""The forms in which a user may bring prompts, and how a broken one is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from transformers import PreTrainedTokenizerFast

from components.align.config import FilePrompts, TaskPrompts
from components.align.prompts import PromptSet, load_prompts
from components.base.errors import DataError
from components.tasks.config import PageConfig
from components.tasks.run_tasks import draw_items
from components.text.chat import render_chat
from tests.tiny import SHARED, make_tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return make_tokenizer()


def load(
    tmp_path: Path, tokenizer: PreTrainedTokenizerFast, rows: list[Any], answer_field: str | None = "answer"
) -> PromptSet:
    path = tmp_path / "p.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    cfg = FilePrompts(kind="jsonl", path=str(path), prompt_field="question", answer_field=answer_field)
    return load_prompts(cfg, SHARED, tokenizer, train=100, held_out=256, room=448)


def test_keys_are_read_from_numbers_and_worked_solutions(tmp_path: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    keys = {"a": 5, "b": "1,200", "c": "2 + 3 = <<2+3=5>>5\n#### 5", "d": r"so \boxed{\frac{1}{2}}", "e": None}
    found = load(tmp_path, tokenizer, [{"question": q, "answer": a} for q, a in keys.items()])
    wanted = {"a": "5", "b": "1200", "c": "5", "d": "1/2", "e": None}
    by_ids = {tuple(p.ids): p.answer for p in found.train + found.held_out}
    assert by_ids == {tuple(render_chat(tokenizer, [{"role": "user", "content": q}])): a for q, a in wanted.items()}
    assert found.counts["prompts_without_answer"] == 1


def test_a_prompt_may_be_messages_and_have_a_system_text(tmp_path: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    asked, system = {"role": "user", "content": "Hi"}, {"role": "system", "content": "Be brief."}
    rows = [{"question": [asked]}, {"question": "Hi", "system": "Be brief."}, {"question": "Go"}, {"question": "Stop"}]
    found = load(tmp_path, tokenizer, rows, answer_field=None)
    ids = [p.ids for p in found.train + found.held_out]
    assert render_chat(tokenizer, [asked]) in ids
    assert render_chat(tokenizer, [system, asked]) in ids


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (
            {"question": [{"role": "tool", "content": "x"}], "answer": 1},
            "conversation: message 0: role 'tool' is not one",
        ),
        ({"question": "x"}, "field 'answer' is missing; the row has 'question'"),
        ({"question": "x", "anwser": "5"}, r"field 'answer' is missing; .*is 'anwser' to be 'answer'"),
        ({"question": "x", "answer": "blue"}, "field 'answer' holds no number that can be read"),
        ({"prompt": "x", "answer": "5"}, "field 'question' is missing"),
        ({"question": 3, "answer": "5"}, "field 'question' is not text or a list of messages"),
        ({"question": "x", "answer": "5", "tools": [1]}, "field 'tools' is not supported"),
        (
            {"question": [{"role": "assistant", "content": "x"}], "answer": "5"},
            "field 'question' ends with the assistant",
        ),
    ],
)
def test_a_malformed_row_is_refused_with_file_line_and_reason(
    tmp_path: Path, tokenizer: PreTrainedTokenizerFast, row: Any, reason: str
) -> None:
    with pytest.raises(DataError, match=rf"p\.jsonl:2: {reason}"):
        load(tmp_path, tokenizer, [{"question": "fine", "answer": "5"}, row])


def test_few_prompts_are_halved_and_no_prompt_is_on_both_sides(
    tmp_path: Path, tokenizer: PreTrainedTokenizerFast, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"question": f"What is {i % 10}?", "answer": "5", "level": 1} for i in range(30)]
    found = load(tmp_path, tokenizer, rows)
    assert (len(found.held_out), len(found.train)) == (5, 15)
    assert {tuple(p.ids) for p in found.held_out}.isdisjoint(tuple(p.ids) for p in found.train)
    assert (found.counts["held_out_prompts"], found.counts["ignored_fields"]) == (5, {"level": 30})
    said = capsys.readouterr().err
    assert "fields not used: level (30)" in said
    assert "5 prompts are held out, not" in said
    with pytest.raises(DataError, match="it takes two that differ"):
        load(tmp_path, tokenizer, rows[:1])


def test_a_prompt_that_holds_a_test_item_is_left_out_and_counted(
    tmp_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    tested = max((item.question for item in draw_items(SHARED, "test", 20)), key=len)
    rows = [{"question": f"What is {i}?", "answer": "5"} for i in range(4)] + [{"question": tested, "answer": "5"}]
    found = load(tmp_path, tokenizer, rows)
    assert found.counts["contaminated"] == 1
    assert len(found.train) + len(found.held_out) == 4


def test_fewer_items_than_prompts_are_halved_and_judged_by_their_task(
    tmp_path: Path, tokenizer: PreTrainedTokenizerFast
) -> None:
    rows = "".join(json.dumps({"q": f"Is {index} even?"}) + "\n" for index in range(10))
    (tmp_path / "rows.jsonl").write_text(rows, encoding="utf-8")
    part = {"path": "./rows.jsonl", "format": "jsonl", "uses": ["prompts"]}
    options = {"options": ["yes", "no"], "gold": "text", "by": "text"}
    page = {"rows": part, "question": "{{ q }}", "gold": {"template": "no"}, "choices": options}
    (tmp_path / "page.yaml").write_text(json.dumps(page), encoding="utf-8")
    mine = PageConfig(kind="page", path=str(tmp_path / "page.yaml"))
    shared = SHARED.model_copy(update={"tasks": {**SHARED.tasks, "mine": mine}})
    cfg = TaskPrompts(kind="tasks", tasks=["mine"])
    found = load_prompts(cfg, shared, tokenizer, train=100, held_out=256, room=448)
    assert (len(found.held_out), len(found.train)) == (5, 5)
    assert {prompt.judge.options for prompt in found.train} == {("yes", "no")}
