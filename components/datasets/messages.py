"""Rows of any common form as messages of role and content; what a row says is used, refused by name or counted.

Forms of messages: `role`/`content` (OpenAI, Hugging Face) and `from`/`value` (ShareGPT).
"""

import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from math import isnan
from typing import Any

from components.base.errors import DataError
from components.datasets.rows import Row

Messages = list[dict[str, Any]]
ROLES_BY_NAME = {
    "human": "user", "user": "user", "prompter": "user", "gpt": "assistant", "assistant": "assistant",
    "model": "assistant", "chatgpt": "assistant", "bot": "assistant", "system": "system", "developer": "system",
}  # fmt: skip
SYSTEM_FIELDS = ("system", "system_prompt")
REFUSED_IN_ROWS = frozenset(
    {"tools", "functions", "tool_calls", "function_call", "history", "images", "audios", "videos"}
    | {"reasoning_content", "reasoning", "thinking"}
)
"""Fields that change what a row says and that no stage can honour."""
REFUSED_IN_MESSAGES = frozenset(
    {"tool_calls", "function_call", "tool_call_id", "reasoning_content", "reasoning", "thinking", "images", "audio"}
)


class Fields:
    """One row's fields; each is taken by name, and what nobody took is counted in `ignored`."""

    def __init__(self, row: Row, ignored: Counter[str]) -> None:
        self.where = f"{row.path}:{row.line}"
        self.ignored = ignored
        self._left = {name: value for name, value in row.fields.items() if not is_neutral(value)}
        self._all = row.fields

    def take(self, *names: str) -> Any:
        """The value of the first of these fields that says something; None when none does."""
        for name in names:
            if name in self._left:
                return self._left.pop(name)
        return None

    def holds(self, name: str) -> bool:
        """Whether a field says something."""
        return name in self._left

    def is_null(self, name: str) -> bool:
        """Whether a field is absent or null; an empty text is neither."""
        return self._all.get(name) is None

    def is_there(self, name: str) -> bool:
        """Whether a field stands in the row, were it null."""
        return name in self._all

    def finish(self) -> None:
        """Count what was not taken. Raises DataError for a field that may not be left out."""
        for name, value in self._left.items():
            if name in REFUSED_IN_ROWS:
                raise DataError(f"{self.where}: field {name!r} is not supported: take it out, or the row")
            if name == "weight" and value != 1:
                raise DataError(f"{self.where}: field 'weight' belongs into a message, where 0 or 1 is allowed")
            self.ignored[name] += 1

    def missing(self, name: str) -> DataError:
        """What to raise for a field that is not there."""
        return DataError(f"{self.where}: field {name!r} is missing; {self._describe([name])}")

    def wanting(self, forms: str, known: Sequence[str]) -> DataError:
        """What to raise for a row in none of the forms."""
        return DataError(f"{self.where}: needs {forms}; {self._describe(known)}")

    def _describe(self, wanted: Sequence[str]) -> str:
        """The row's fields, and the likeliest misspelling among them."""
        unknown = [name for name in self._all if name not in wanted]
        close = [(name, *get_close_matches(name, wanted, 1, 0.75)) for name in unknown]
        hint = next((f" (is {pair[0]!r} to be {pair[1]!r}?)" for pair in close if len(pair) == 2), "")
        return f"the row has {', '.join(map(repr, self._all)) or 'no fields'}{hint}"


def is_neutral(value: Any) -> bool:
    """Whether a value says nothing: null, not-a-number (a missing cell of pandas), an empty text, list or object."""
    return value is None or value in ("", [], {}) or (isinstance(value, float) and isnan(value))


def read_messages(fields: Fields, value: Any, name: str, role: str | None = None) -> Messages:
    """The messages of one field; plain text is one message of `role`, where that is allowed."""
    if isinstance(value, str) and role:
        return [{"role": role, "content": value}]
    items = [value] if isinstance(value, Mapping) else value
    if not isinstance(items, list) or not all(isinstance(item, Mapping) for item in items):
        expected = "text or a list of messages" if role else "a list of messages"
        raise DataError(f"{fields.where}: field {name!r} is not {expected}")
    return [_read_message(fields, item, f"{name}[{index}]") for index, item in enumerate(items)]


def add_system(fields: Fields, messages: Messages) -> Messages:
    """The row's own `system` field as the first message; refused where the messages say another."""
    system = fields.take(*SYSTEM_FIELDS)
    if system is None:
        return messages
    if not isinstance(system, str):
        raise DataError(f"{fields.where}: field 'system' is not text")
    if messages and messages[0]["role"] == "system":
        if messages[0]["content"] != system:
            raise DataError(f"{fields.where}: field 'system' says another thing than the first message")
        return messages
    return [{"role": "system", "content": system}, *messages]


def add_input(fields: Fields, messages: Messages, *names: str) -> None:
    """What an instruction is about (Alpaca's `input`), below the instruction."""
    given = fields.take(*names)
    if given is None:
        return
    if not isinstance(given, str):
        raise DataError(f"{fields.where}: field {names[0]!r} is not text")
    messages[-1]["content"] = f"{messages[-1]['content']}\n\n{given}"


def report_ignored(ignored: Mapping[str, int], path: str) -> dict[str, int]:
    """Say on standard error which fields were left out, and return their counts for the stage's metrics."""
    counts = dict(sorted(ignored.items()))
    if counts:
        named = ", ".join(f"{name} ({count})" for name, count in counts.items())
        print(f"{path}: fields not used: {named}", file=sys.stderr)
    return counts


def _read_message(fields: Fields, item: Mapping[str, Any], place: str) -> dict[str, Any]:
    said = {key: value for key, value in item.items() if not is_neutral(value)}
    role = said.pop("role", None) or said.pop("from", None)
    # An empty text says "nothing", which is not the same as a text that is not there.
    name = next((name for name in ("content", "value") if item.get(name) is not None), "content")
    content = item.get(name)
    said.pop(name, None)
    message = {"role": ROLES_BY_NAME.get(str(role).lower(), role), "content": content}
    if isinstance(content, Sequence) and not isinstance(content, str):
        message["content"] = _join_parts(fields, content, place)
    if (weight := said.pop("weight", None)) is not None:
        if weight not in (0, 1):
            raise DataError(f"{fields.where}: {place}: weight {weight!r} is not 0 or 1")
        message["weight"] = int(weight)
    for key in said:
        if key in REFUSED_IN_MESSAGES:
            raise DataError(f"{fields.where}: {place}: field {key!r} is not supported: take it out, or the row")
        fields.ignored[f"messages[].{key}"] += 1
    return message


def _join_parts(fields: Fields, parts: Sequence[Any], place: str) -> str:
    """Content as a list of parts, all of text."""
    for part in parts:
        kind = part.get("type", "text") if isinstance(part, Mapping) else type(part).__name__
        if kind != "text" or not isinstance(part.get("text"), str):
            raise DataError(f"{fields.where}: {place}: content of type {kind!r} is not supported, text is")
    return "".join(part["text"] for part in parts)
