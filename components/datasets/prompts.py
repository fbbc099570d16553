"""The forms in which a row holds a prompt: text or messages, and what answers it where that is known."""

from collections import Counter
from pathlib import Path
from typing import Literal, NamedTuple

from components.base.errors import DataError
from components.datasets.messages import Fields, Messages, add_system, read_messages
from components.datasets.rows import read_good_rows


class AskedPrompt(NamedTuple):
    """Messages that wait for the assistant, an answer as its row gives it, and where both stand."""

    messages: Messages
    answer: str | None
    where: str


def read_prompts(
    path: Path, kind: Literal["jsonl", "parquet"], *, prompt_field: str, answer_field: str | None
) -> tuple[list[AskedPrompt], Counter[str]]:
    """All prompts of the files, and how often each other field stands there.

    Raises DataError that names file and line of a row without a field, or with nothing to answer.
    """
    ignored: Counter[str] = Counter()
    found = []
    for row in read_good_rows(path, kind):
        fields = Fields(row, ignored)
        messages, answer = _read_messages(fields, prompt_field), _read_answer(fields, answer_field)
        found.append(AskedPrompt(messages, answer, fields.where))
        fields.finish()
    return found, ignored


def _read_messages(fields: Fields, name: str) -> Messages:
    """Text, or a conversation that waits for the assistant."""
    if not fields.holds(name):
        raise fields.missing(name)
    messages = add_system(fields, read_messages(fields, fields.take(name), name, "user"))
    if messages[-1]["role"] == "assistant":
        raise DataError(f"{fields.where}: field {name!r} ends with the assistant, so there is nothing to answer")
    return messages


def _read_answer(fields: Fields, name: str | None) -> str | None:
    """Null where a row has none, or none is asked for."""
    if name is None:
        return None
    if not fields.is_there(name):
        raise fields.missing(name)
    value = fields.take(name)
    return None if value is None else str(value)
