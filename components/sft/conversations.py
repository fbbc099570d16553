"""Conversations to learn from: generated, or read from the user's files."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, assert_never

from components.base.config import SharedConfig
from components.base.errors import DataError
from components.base.hashing import hash_data
from components.problems.generator import Problem, generate_problems
from components.problems.instructions import make_conversations
from components.sft.config import Data, FileData, WordProblemData
from components.text.rows import Row, read_good_rows


@dataclass(frozen=True)
class Conversation:
    """Messages, and where they came from for the eyes of whoever must mend them."""

    messages: list[dict[str, Any]]
    origin: str


def load_conversations(data: Data, shared: SharedConfig) -> tuple[list[Conversation], list[Conversation]]:
    """Conversations for training and for validation. Raises DataError that names file and line."""
    match data:
        case WordProblemData():
            return _generate(data, shared)
        case FileData():
            return _read(data)
        case _:
            assert_never(data)


def draw_exam(data: Data, shared: SharedConfig, count: int) -> list[Problem]:
    """Problems of this stage's own split that come after every one that training may have used."""
    used = 0
    if isinstance(data, WordProblemData):
        used = (data.conversations + data.validation_conversations) * data.max_turns
    return generate_problems(shared.word_problems, "sft", used + count)[used:]


def _generate(data: WordProblemData, shared: SharedConfig) -> tuple[list[Conversation], list[Conversation]]:
    styles = data.styles
    made = make_conversations(
        shared.word_problems,
        "sft",
        data.conversations + data.validation_conversations,
        styles={"steps": styles.steps, "direct": styles.direct, "plain": styles.plain},
        plain_worked_share=data.plain_worked_share,
        max_turns=data.max_turns,
        seed=shared.seed,
    )
    found = [Conversation(list(messages), "generated") for messages in made]
    return found[: data.conversations], found[data.conversations :]


def _read(data: FileData) -> tuple[list[Conversation], list[Conversation]]:
    train: list[Conversation] = []
    validation: list[Conversation] = []
    for row in read_good_rows(Path(data.path), data.kind):
        conversation = Conversation(_find_messages(row), f"{row.path}:{row.line}")
        held = int(hash_data(conversation.messages)[:8], 16) < data.validation_fraction * 2**32
        (validation if held else train).append(conversation)
    if not train or not validation:
        raise DataError(
            f"{data.path}: {len(train)} conversations to train on and {len(validation)} to validate: "
            "both need at least one (validation_fraction decides)"
        )
    return train, validation


def _find_messages(row: Row) -> list[dict[str, Any]]:
    """The conversation of a row, in either of its forms."""
    fields, where = row.fields, f"{row.path}:{row.line}"
    if fields.get("messages") is not None:
        messages = _as_messages(fields["messages"], "messages", None, where)
    elif fields.get("prompt") is not None and fields.get("completion") is not None:
        messages = _as_messages(fields["prompt"], "prompt", "user", where)
        messages += _as_messages(fields["completion"], "completion", "assistant", where)
    else:
        raise DataError(f"{where}: needs a field 'messages', or both 'prompt' and 'completion'")
    if not any(message.get("role") == "assistant" for message in messages):
        raise DataError(f"{where}: no message of the assistant, so there is nothing to learn")
    return messages


def _as_messages(value: Any, field: str, role: str | None, where: str) -> list[dict[str, Any]]:
    """A list of messages as it stands; plain text becomes one message of the role."""
    if isinstance(value, str) and role:
        return [{"role": role, "content": value}]
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        expected = "text or a list of messages" if role else "a list of messages"
        raise DataError(f"{where}: field {field!r} is not {expected}")
    return [{"role": item.get("role"), "content": item.get("content")} for item in value]
