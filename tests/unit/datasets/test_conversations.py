"""The forms in which a row holds a conversation."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from components.base.errors import DataError
from components.datasets.conversations import read_conversation
from components.datasets.messages import Fields
from components.datasets.rows import Row

ASKED, SAID = {"role": "user", "content": "Is it raining?"}, {"role": "assistant", "content": "No."}


def read(row: dict[str, Any]) -> list[dict[str, Any]]:
    return read_conversation(Fields(Row(row, Path("a.jsonl"), 3), Counter()))


@pytest.mark.parametrize(
    "row",
    [
        {"messages": [ASKED, SAID]},
        {"conversations": [{"from": "human", "value": "Is it raining?"}, {"from": "gpt", "value": "No."}]},
        {"prompt": "Is it raining?", "completion": "No."},
        {"prompt": [ASKED], "completion": [ASKED, SAID]},
        {"instruction": "Is it raining?", "output": "No."},
        {"question": "Is it raining?", "answer": "No."},
    ],
)
def test_every_form_reads_as_the_same_turn(row: dict[str, Any]) -> None:
    assert [(m["role"], m["content"]) for m in read(row)] == [("user", "Is it raining?"), ("assistant", "No.")]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"messages": [ASKED]}, "no message of the assistant"),
        ({"messages": [ASKED, SAID | {"weight": 0}]}, "all messages of the assistant have weight 0"),
        ({"text": "Is it raining?"}, "a list 'messages' or 'conversations'"),
    ],
)
def test_a_row_without_anything_to_learn_is_refused_by_file_and_line(row: dict[str, Any], reason: str) -> None:
    with pytest.raises(DataError, match=rf"a\.jsonl:3: .*{reason}"):
        read(row)
