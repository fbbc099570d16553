"""What stands before an answer: turns of a system, a user and an assistant, as one text or by a chat template."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

Messages = list[dict[str, str]]
ChatTemplate = Callable[..., str]
"""Turns and `add_generation_prompt` in, text out."""


@dataclass(frozen=True)
class Turn:
    """What one says, and what follows it where there is no chat template."""

    role: str
    content: str
    delimiter: str = ""

    @property
    def text(self) -> str:
        """As it stands in a plain text."""
        return self.content + self.delimiter


def join_apart(first: str | None, second: str | None, delimiter: str = " ") -> str:
    """Two texts, the delimiter between them unless white space is there already."""
    if not first or not second:
        return first or second or ""
    return first + delimiter + second if is_bare_border(first, second) else first + second


def is_bare_border(first: str, second: str) -> bool:
    """Whether neither text has white space where they meet; an empty first one needs none."""
    return bool(first) and not (first[-1].isspace() or second[0].isspace())


def write_turns(
    question: str, answer: str | None, *, gen_prefix: str | None, target_delimiter: str, fewshot_delimiter: str = ""
) -> list[Turn]:
    """A question, and the answer to it or what that begins with."""
    if answer is not None:
        border = not gen_prefix or is_bare_border(question, gen_prefix)
        said = Turn("assistant", join_apart(gen_prefix, answer), fewshot_delimiter)
        return [Turn("user", question, target_delimiter if border else ""), said]
    if gen_prefix:
        delimiter = target_delimiter if is_bare_border(question, gen_prefix) else ""
        return [Turn("user", question, delimiter), Turn("assistant", gen_prefix)]
    return [Turn("user", question)]


def pick_answer(target: Any, choices: Sequence[str] | None) -> str | None:
    """The answer that a demonstration shows: of several the first; None for an empty one."""
    if isinstance(target, str) and not target:
        return None
    if choices and isinstance(target, int):
        found = choices[target]
    elif isinstance(target, list | tuple):
        found = target[0]
    else:
        found = target
    if not isinstance(found, str):
        raise TypeError(f"a demonstration's answer is text or the place of an option, got {found!r}")
    return found


def render_turns(turns: Sequence[Turn], chat_template: ChatTemplate | None, *, multiturn: bool) -> str:
    """The whole context: plain, or by the template, demonstrations as turns or within one user's turn."""
    if chat_template is None:
        return "".join(turn.text for turn in turns)
    return chat_template([_to_message(turn) for turn in turns] if multiturn else fold_turns(turns))


def fold_turns(turns: Sequence[Turn]) -> Messages:
    """All that is said before the answer as one user's turn; a system's turn, and an answer begun, stay."""
    system, rest = (turns[:1], turns[1:]) if turns[0].role == "system" else ([], turns)
    begun = rest[-1:] if rest[-1].role == "assistant" else []
    asked = list(rest[: len(rest) - len(begun)])
    asked[-1] = replace(asked[-1], delimiter="")
    user = Turn("user", "".join(turn.text for turn in asked))
    return [_to_message(turn) for turn in (*system, user, *begun)]


def _to_message(turn: Turn) -> dict[str, str]:
    return {"role": turn.role, "content": turn.content}
