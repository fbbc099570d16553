"""Conversations to learn from: generated, or read from the user's files."""

import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, assert_never

from components.base.errors import DataError
from components.datasets.conversations import read_conversation
from components.datasets.messages import Fields, Messages, report_ignored
from components.datasets.rows import read_good_rows
from components.datasets.splits import hold_out
from components.metrics.training import SftMetrics
from components.sft.config import Data, FileData, TaskData
from components.sft.task_conversations import make_conversations
from components.tasks.config import SharedConfig
from components.tasks.phrasing import Style
from components.tasks.uses import Use


@dataclass(frozen=True)
class Conversation:
    """Messages, and where they came from for the eyes of whoever must mend them."""

    messages: Messages
    origin: str


class Conversations(NamedTuple):
    """Both sides of the split, and what was left out of the user's rows."""

    train: list[Conversation]
    validation: list[Conversation]
    counts: SftMetrics


def load_conversations(data: Data, shared: SharedConfig) -> Conversations:
    """Conversations for training and for validation. Raises DataError that names file and line."""
    match data:
        case TaskData():
            return _generate(data, shared)
        case FileData():
            return _read(data)
        case _:
            assert_never(data)


def _generate(data: TaskData, shared: SharedConfig) -> Conversations:
    def make(use: Use, count: int) -> list[Conversation]:
        styles: dict[Style, float] = {
            "cot": data.styles.cot,
            "answer_only": data.styles.answer_only,
            "unconstrained": data.styles.unconstrained,
        }
        made = make_conversations(
            shared,
            use,
            count,
            stream="sft",
            styles=styles,
            unconstrained_cot_rate=data.unconstrained_cot_rate,
            max_turns=data.max_turns,
            tasks=data.tasks,
        )
        return [Conversation([dict(message) for message in messages], "generated") for messages in made]

    return Conversations(
        make("train", data.conversations), make("validation", data.validation_conversations), SftMetrics()
    )


def _read(data: FileData) -> Conversations:
    found: list[Conversation] = []
    ignored: Counter[str] = Counter()
    empty: list[str] = []
    for row in read_good_rows(Path(data.path), data.kind):
        fields = Fields(row, ignored)
        messages = read_conversation(fields)
        if any(_says_nothing(message) for message in messages):
            empty.append(fields.where)
        else:
            found.append(Conversation(messages, fields.where))
    if empty:
        print(f"{data.path}: {len(empty)} rows left out whose assistant says nothing ({empty[0]} …)", file=sys.stderr)
    held = hold_out([conversation.messages for conversation in found], data.validation_fraction)
    train = [conversation for conversation, out in zip(found, held, strict=True) if not out]
    validation = [conversation for conversation, out in zip(found, held, strict=True) if out]
    if not train or not validation:
        raise DataError(
            f"{data.path}: {len(train)} conversations to train on and {len(validation)} to validate: "
            f"it takes two that differ ({len(empty)} were left out whose assistant says nothing)"
        )
    counts = SftMetrics(empty_answers=len(empty), ignored_fields=report_ignored(ignored, data.path))
    return Conversations(train, validation, counts)


def _says_nothing(message: dict[str, Any]) -> bool:
    """An answer without words would be learned as such; one that is not learned does no harm."""
    content = message["content"]
    return (
        message["role"] == "assistant"
        and isinstance(content, str)
        and not content.strip()
        and message.get("weight") != 0
    )
