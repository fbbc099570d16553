"""The forms in which a user may bring conversations, and how a broken one is refused."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.base.config import SharedConfig
from components.base.errors import DataError
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.sft.config import FileData, StyleWeights, WordProblemData
from components.sft.conversations import draw_exam, load_conversations

PARAMS = Path(__file__).parents[3] / "params.yaml"
SHARED: SharedConfig = validate(SharedConfig, read_yaml(PARAMS)["shared"], where="shared")
HELLO = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]


def read(path: Path, rows: list[Any]) -> list[list[dict[str, Any]]]:
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows), encoding="utf-8")
    # Enough copies with different greetings that both sides of the split get some.
    extra = [{"prompt": f"Hi {i}", "completion": "Hello"} for i in range(20)]
    with path.open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in extra)
    train, validation = load_conversations(FileData(kind="jsonl", path=str(path), validation_fraction=0.5), SHARED)
    return [c.messages for c in train + validation]


@pytest.mark.parametrize(
    "row",
    [
        {"messages": HELLO},
        {"prompt": "Hi", "completion": "Hello"},
        {"prompt": HELLO[:1], "completion": HELLO[1:]},
        {"messages": None, "prompt": "Hi", "completion": "Hello"},
    ],
)
def test_every_form_reads_as_the_same_conversation(tmp_path: Path, row: Any) -> None:
    assert HELLO in read(tmp_path / "a.jsonl", [row])


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("{broken", "not JSON"),
        ({"text": "x"}, "needs a field 'messages'"),
        ({"prompt": "x"}, "needs a field 'messages'"),
        ({"messages": "x"}, "field 'messages' is not a list of messages"),
        ({"messages": ["x"]}, "field 'messages' is not a list of messages"),
        ({"messages": HELLO[:1]}, "no message of the assistant"),
        ({"prompt": 3, "completion": "x"}, "field 'prompt' is not text or a list of messages"),
    ],
)
def test_a_malformed_row_is_refused_with_file_line_and_reason(tmp_path: Path, row: Any, reason: str) -> None:
    with pytest.raises(DataError, match=rf"a\.jsonl:2: {reason}"):
        read(tmp_path / "a.jsonl", [{"messages": HELLO}, row])


def test_a_missing_file_is_named() -> None:
    with pytest.raises(DataError, match=r"nowhere\.jsonl"):
        load_conversations(FileData(kind="jsonl", path="nowhere.jsonl", validation_fraction=0.5), SHARED)


def test_a_set_without_a_validation_side_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"messages": HELLO}))
    with pytest.raises(DataError, match="1 conversations to train on and 0 to validate"):
        load_conversations(FileData(kind="jsonl", path=str(path), validation_fraction=0.0), SHARED)


def test_parquet_rows_read_like_jsonl_rows(tmp_path: Path) -> None:
    rows = [{"messages": [{"role": "user", "content": str(i)}, HELLO[1]]} for i in range(20)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    data = FileData(kind="parquet", path=str(tmp_path / "a.parquet"), validation_fraction=0.5)
    train, validation = load_conversations(data, SHARED)
    assert len(train) + len(validation) == 20
    assert all(c.messages[1] == HELLO[1] for c in train + validation)


def test_exam_problems_appear_in_no_conversation() -> None:
    data = WordProblemData(
        kind="word_problems",
        conversations=30,
        validation_conversations=10,
        max_turns=3,
        styles=StyleWeights(steps=1.0, direct=1.0, plain=1.0),
        plain_worked_share=0.5,
    )
    train, validation = load_conversations(data, SHARED)
    assert (len(train), len(validation)) == (30, 10)
    said = " ".join(m["content"] for c in train + validation for m in c.messages)
    exam = draw_exam(data, SHARED, 25)
    assert len(exam) == 25
    assert not [p.question for p in exam if p.question in said]
