"""Tasks and files mixed by weight, and rows that hold test items."""

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from components.base.errors import ParamsError
from components.base.rng import derive_seed
from components.base.validation import validate
from components.sft.config import FileData, MixtureData
from components.sft.conversations import Conversation, load_conversations
from components.sft.mixture import divide
from components.sft.task_conversations import make_conversations
from components.tasks.phrasing import Style
from components.tasks.run_tasks import draw_items
from tests.tiny import SHARED

STYLES = {"cot": 1.0, "answer_only": 0.0, "unconstrained": 0.0}
TASK = {
    **{"kind": "task", "task": "word_problems", "weight": 1.0},
    **{"max_turns": 1, "styles": STYLES, "unconstrained_cot_rate": 0.5},
}


def write_chats(path: Path, count: int) -> dict[str, Any]:
    rows = [{"prompt": f"Hi {index}", "completion": "Hello"} for index in range(count)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return {"kind": "jsonl", "path": str(path), "weight": 1.0, "validation_fraction": 0.2}


def make_mixture(*parts: dict[str, Any], count: int = 40) -> MixtureData:
    section = {"kind": "mixture", "conversations": count, "validation_conversations": 8, "parts": parts}
    mixture: MixtureData = validate(MixtureData, section | {"parts": list(parts)}, where="sft.data")
    return mixture


def count_origins(conversations: Sequence[Conversation]) -> Counter[bool]:
    """How many were generated, and how many are the user's."""
    return Counter(one.origin == "generated" for one in conversations)


def test_shares_follow_the_weights_and_leave_what_a_limit_leaves_to_the_others() -> None:
    assert divide(10, [1.0, 1.0], [None, None]) == [5, 5]
    assert divide(10, [3.0, 1.0], [None, None]) == [8, 2]
    assert divide(10, [3.0, 1.0, 1.0], [2, None, None]) == [2, 4, 4]
    assert divide(10, [1.0, 1.0], [2, 3]) == [2, 3]
    assert sum(divide(7, [1.0, 1.0, 1.0], [None] * 3)) == 7


def test_each_part_gives_its_share_and_the_same_again(tmp_path: Path) -> None:
    file = write_chats(tmp_path / "a.jsonl", 200)
    mixture = make_mixture(TASK | {"weight": 3.0}, file)
    train, validation, _ = load_conversations(mixture, SHARED, tmp_path / "texts")
    assert count_origins(train) == {True: 30, False: 10}
    assert count_origins(validation) == {True: 6, False: 2}
    assert len({one.text for one in [*train, *validation]}) == 48
    assert [*load_conversations(mixture, SHARED, tmp_path / "again").train] == [*train]
    assert any(one.origin == "generated" for one in train[-10:]), "in one order, not part by part"


def test_a_mixture_is_in_the_order_that_it_had_when_it_was_a_list(tmp_path: Path) -> None:
    file = write_chats(tmp_path / "a.jsonl", 60)
    data = FileData(kind="jsonl", path=file["path"], validation_fraction=0.2)
    own = list(load_conversations(data, SHARED, tmp_path / "file").train)
    seeds = [derive_seed(SHARED.seed, "sft", "mixture", "train", *place) for place in ((1,), ())]
    styles: dict[Style, float] = {"cot": 1.0}
    told: dict[str, Any] = {
        "max_turns": 1,
        "unconstrained_cot_rate": 0.5,
        "demonstrations": 0,
        "tasks": None,
    }
    made = make_conversations(SHARED, "train", 20, stream="sft", styles=styles, **told)
    parts = [Conversation(messages, "generated") for messages in made] + Random(seeds[0]).sample(own, 20)
    train = load_conversations(make_mixture(TASK, file), SHARED, tmp_path / "texts").train
    assert list(train) == Random(seeds[1]).sample(parts, len(parts))


def test_a_cap_and_a_small_file_bound_their_parts_alone(tmp_path: Path) -> None:
    small = write_chats(tmp_path / "a.jsonl", 10)
    mixed = load_conversations(make_mixture(TASK, small), SHARED, tmp_path / "texts").train
    assert len(mixed) == 40 and count_origins(mixed)[False] < 10
    assert (
        count_origins(load_conversations(make_mixture(TASK | {"cap": 3}, small), SHARED, tmp_path / "texts").train)[
            True
        ]
        == 3
    )


def test_demonstrations_stand_before_the_question_and_are_not_learned(tmp_path: Path) -> None:
    for one in load_conversations(make_mixture(TASK | {"demonstrations": 2}), SHARED, tmp_path / "texts").train:
        answers = [message for message in one.messages if message["role"] == "assistant"]
        assert [answer.get("weight", 1) for answer in answers] == [0, 0, 1]
        assert all("=" in answer["content"] for answer in answers), "answered as the question is"


def test_a_task_named_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"sft\.data\.parts: a task is named twice"):
        load_conversations(make_mixture(TASK, TASK), SHARED, tmp_path / "texts")


def test_rows_that_hold_a_test_item_are_left_out_counted_and_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = FileData(kind="jsonl", path=str(tmp_path / "a.jsonl"), validation_fraction=0.2)
    write_chats(tmp_path / "a.jsonl", 20)
    tested = max((item.question for item in draw_items(SHARED, "test", 20)), key=len)
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write(json.dumps({"prompt": f"Please: {tested.upper()}", "completion": "Five."}) + "\n")
    found = load_conversations(data, SHARED, tmp_path / "texts")
    assert found.counts.contaminated == 1
    assert not any("Please" in one.text for one in [*found.train, *found.validation])
    assert f"{tmp_path}/a.jsonl: 1 rows left out that hold test items" in capsys.readouterr().err
