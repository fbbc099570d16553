"""The forms in which a user may bring conversations, and how a broken one is refused."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.base.errors import DataError
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.sft.config import FileData, StyleWeights, TaskData
from components.sft.conversations import Conversations, load_conversations
from components.tasks.config import SharedConfig
from components.tasks.run_tasks import draw_items

PARAMS = Path(__file__).parents[3] / "params.yaml"
SECTION = read_yaml(PARAMS)["shared"] | {"decontamination": {"generated_items": 20}}
SHARED: SharedConfig = validate(SharedConfig, SECTION, where="shared")
HELLO = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]


def load_file(path: Path, fraction: float) -> Conversations:
    data = FileData(kind="jsonl", path=str(path), validation_fraction=fraction)
    return load_conversations(data, SHARED, path.with_suffix(".arrow"))


def read(path: Path, rows: list[Any]) -> list[list[dict[str, Any]]]:
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8")
    # Enough copies with different greetings that both sides of the split get some.
    extra = [{"prompt": f"Hi {i}", "completion": "Hello"} for i in range(20)]
    with path.open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in extra)
    train, validation, _ = load_file(path, 0.5)
    return [c.messages for c in [*train, *validation]]


@pytest.mark.parametrize(
    "row",
    [
        {"messages": HELLO},
        {"prompt": "Hi", "completion": "Hello"},
        {"prompt": HELLO[:1], "completion": HELLO[1:]},
        {"messages": None, "prompt": "Hi", "completion": "Hello"},
        {"prompt": HELLO[:1], "completion": HELLO},
        {"prompt": "Hi", "response": "Hello"},
        {"instruction": "Hi", "input": "", "output": "Hello"},
        {"question": "Hi", "answer": "Hello"},
        {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]},
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "Hi"}]},
                {"from": "gpt", "value": "Hello"},
            ]
        },
        {"messages": [{**m, "tool_calls": None, "refusal": None} for m in HELLO], "tools": [], "weight": 1},
    ],
)
def test_every_form_reads_as_the_same_conversation(tmp_path: Path, row: Any) -> None:
    assert HELLO in read(tmp_path / "a.jsonl", [row])


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{broken", "not JSON"),
        ({"text": "x"}, "needs a list 'messages'"),
        ({"prompt": "x"}, "needs a list 'messages'"),
        ({"messages": "x"}, "field 'messages' is not a list of messages"),
        ({"messages": ["x"]}, "field 'messages' is not a list of messages"),
        ({"messages": HELLO[:1]}, "no message of the assistant"),
        ({"prompt": 3, "completion": "x"}, "field 'prompt' is not text or a list of messages"),
        (
            {"prompt": "x", "completoin": "y"},
            r".*the row has 'prompt', 'completoin' \(is 'completoin' to be 'completion'",
        ),
        ({"messages": HELLO, "tools": [{"type": "function"}]}, "field 'tools' is not supported"),
        ({"messages": [*HELLO, {"role": "assistant", "tool_calls": [1]}]}, r"messages\[2\]: field 'tool_calls' is not"),
        (
            {"messages": [HELLO[0], {**HELLO[1], "reasoning_content": "hm"}]},
            r"messages\[1\]: field 'reasoning_content' is not supported",
        ),
        ({"instruction": "x", "input": ["y"], "output": "z"}, "field 'input' is not text"),
        ('{"prompt": "x", "completion": "y", "completion": "z"}', "the field 'completion' is there twice"),
        ({"prompt": "x", "completion": "y", "thinking": "hm"}, "field 'thinking' is not supported"),
        ({"messages": [HELLO[0], {**HELLO[1], "weight": 0.5}]}, r"messages\[1\]: weight 0.5 is not 0 or 1"),
        ({"messages": [HELLO[0], {**HELLO[1], "weight": 0}]}, "all messages of the assistant have weight 0"),
        ({"prompt": "x", "completion": "y", "weight": 0}, "field 'weight' belongs into a message"),
        ({"messages": [{"role": "system", "content": "a"}, *HELLO], "system": "b"}, "field 'system' says another"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}, HELLO[1]]},
            ".*'image_url' is not supported",
        ),
    ],
)
def test_a_malformed_row_is_refused_with_file_line_and_reason(tmp_path: Path, row: Any, reason: str) -> None:
    with pytest.raises(DataError, match=rf"a\.jsonl:2: {reason}"):
        read(tmp_path / "a.jsonl", [{"messages": HELLO}, row])


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere\.jsonl"):
        load_file(tmp_path / "nowhere.jsonl", 0.5)
    assert not list(tmp_path.iterdir()), "and nothing is left of what was begun"


def test_a_set_without_a_validation_side_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"messages": HELLO}))
    with pytest.raises(DataError, match="1 conversations to train on and 0 to validate: it takes two that differ"):
        load_file(path, 0.0)


def test_parquet_rows_read_like_jsonl_rows(tmp_path: Path) -> None:
    rows = [{"messages": [{"role": "user", "content": str(i)}, HELLO[1]]} for i in range(20)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    data = FileData(kind="parquet", path=str(tmp_path / "a.parquet"), validation_fraction=0.5)
    train, validation, _ = load_conversations(data, SHARED, tmp_path / "texts")
    assert len(train) + len(validation) == 20
    assert all(c.messages[1] == HELLO[1] for c in [*train, *validation])


def test_no_conversation_for_training_holds_a_problem_for_validation(tmp_path: Path) -> None:
    data = TaskData(
        kind="tasks",
        conversations=30,
        validation_conversations=10,
        max_turns=3,
        styles=StyleWeights(cot=1.0, answer_only=1.0, unconstrained=1.0),
        unconstrained_cot_rate=0.5,
    )
    train, validation, _ = load_conversations(data, SHARED, tmp_path / "texts")
    assert (len(train), len(validation)) == (30, 10)
    learned, held_out = (" ".join(m["content"] for c in side for m in c.messages) for side in (train, validation))
    asked = [item.question for item in draw_items(SHARED, "validation", 100, stream="sft")]
    assert [question for question in asked if question in held_out]
    assert not [question for question in asked if question in learned]


CHAT = [*HELLO, {"role": "user", "content": "And you?"}, {"role": "assistant", "content": "Well."}]
SYSTEM = {"role": "system", "content": "Be brief."}


@pytest.mark.parametrize(
    "row",
    [
        {"system": "Be brief.", "prompt": "Hi", "completion": "Hello"},
        {"system_prompt": "Be brief.", "question": "Hi", "response": "Hello"},
        {"system": "Be brief.", "messages": HELLO},
        {"system": "Be brief.", "messages": [SYSTEM, *HELLO]},
        {"messages": [{"role": "developer", "content": "Be brief."}, *HELLO]},
    ],
)
def test_a_system_text_comes_first_wherever_it_stands(tmp_path: Path, row: Any) -> None:
    assert [SYSTEM, *HELLO] in read(tmp_path / "a.jsonl", [row])


@pytest.mark.parametrize("row", ['{"instruction": "Hi", "input": NaN, "system": NaN, "output": "Hello"}'])
def test_a_missing_cell_of_pandas_says_nothing(tmp_path: Path, row: str) -> None:
    assert HELLO in read(tmp_path / "a.jsonl", [row])


def test_a_role_is_read_in_any_case(tmp_path: Path) -> None:
    said = [{"from": "Human", "value": "Hi"}, {"from": "GPT", "value": "Hello"}]
    assert HELLO in read(tmp_path / "a.jsonl", [{"conversations": said}])


def test_an_instruction_s_input_follows_it(tmp_path: Path) -> None:
    rows = read(tmp_path / "a.jsonl", [{"instruction": "Add.", "input": "2 and 3", "output": "5"}])
    assert [{"role": "user", "content": "Add.\n\n2 and 3"}, {"role": "assistant", "content": "5"}] in rows


def load(path: Path, rows: list[Any], fraction: float = 0.02) -> Conversations:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return load_file(path, fraction)


def test_what_is_not_used_is_counted_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    named = [{**message, "name": "x"} for message in HELLO]
    rows = [{"messages": named, "id": 1, "source": "s"}, {"messages": named[:1] + CHAT[1:], "id": 2, "source": None}]
    found = load(tmp_path / "a.jsonl", rows)
    assert found.counts.ignored_fields == {"id": 2, "messages[].name": 3, "source": 1}
    assert "a.jsonl: fields not used: id (2), messages[].name (3), source (1)" in capsys.readouterr().err


def test_an_empty_answer_is_not_learned_but_counted_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [{"instruction": f"Say {i}", "output": " " if i == 4 else str(i)} for i in range(9)]
    found = load(tmp_path / "a.jsonl", rows)
    assert len(found.train) + len(found.validation) == 8
    assert found.counts.empty_answers == 1
    assert "1 rows left out whose assistant says nothing" in (said := capsys.readouterr().err)
    assert "a.jsonl:5" in said
    muted = {"messages": [HELLO[0], {"role": "assistant", "content": "", "weight": 0}, *HELLO]}
    assert load(tmp_path / "b.jsonl", [muted, rows[0]]).counts.empty_answers == 0


@pytest.mark.parametrize("count", [2, 3, 50])
def test_few_conversations_at_a_small_fraction_always_have_both_sides(tmp_path: Path, count: int) -> None:
    for start in range(20):
        rows = [{"prompt": f"{start} and {i}", "completion": "yes"} for i in range(count)]
        found = load(tmp_path / "a.jsonl", rows)
        assert found.train
        assert found.validation
        assert len(found.train) + len(found.validation) == count
