"""Where the assistant's turns stand in what a template wrote: by the difference of two renderings, verified."""

import re
from collections.abc import Mapping, Sequence
from itertools import takewhile

from transformers import PreTrainedTokenizerFast

from components.base.errors import DataError
from components.text.rendering import Message, find_control_tokens, mark_text, marks_assistant, render_text

ASKED = ({"role": "user", "content": "Hello"},)


def find_starts(
    tokenizer: PreTrainedTokenizerFast, messages: Sequence[Message], text: str, *, most: int | None = None
) -> dict[int, int]:
    """Where each message of the assistant begins in the text: behind the prompt that asks for it.

    A message before which the template writes something else than that prompt is absent; with `most`, so are all
    but the last so many.
    """
    turns = [index for index, message in enumerate(messages) if message["role"] == "assistant"]
    starts: dict[int, int] = {}
    for index in turns if most is None else turns[-most:]:
        start = _find_start(tokenizer, messages[:index], text) if index else _find_opening(tokenizer, text)
        if start is not None:
            starts[index] = start
    return starts


def check_turns(
    tokenizer: PreTrainedTokenizerFast, messages: Sequence[Message], text: str, starts: Mapping[int, int]
) -> None:
    """Raises DataError, which names the turn, when a turn has no place or does not hold what the assistant says."""
    for index in (i for i, message in enumerate(messages) if message["role"] == "assistant"):
        if index not in starts and index == 0:
            raise DataError(
                "conversation: message 0: the chat template has no place for an assistant that speaks first"
            )
        if index not in starts:
            raise DataError(
                f"conversation: message {index}: the chat template rewrites what stands before it, or opens the "
                "assistant's turn otherwise than it asks for it, so what is learned would not be what is asked"
            )
    for (index, start), stop in zip(starts.items(), [*list(starts.values())[1:], len(text)], strict=True):
        said = mark_text(tokenizer, messages[index]["content"]).strip()
        if said not in text[start:stop]:
            raise DataError(f"conversation: message {index}: the chat template rewrites what the assistant says")
        if index + 1 < len(messages):
            then = render_text(tokenizer, messages[: index + 1], add_generation_prompt=False).text
            if not text.startswith(then[: then.find(said, start) + len(said)]):
                raise DataError(f"conversation: message {index}: the chat template rewrites it once the talk goes on")


def check_heard(
    tokenizer: PreTrainedTokenizerFast, messages: Sequence[Message], text: str, *, add_generation_prompt: bool
) -> None:
    """Raises DataError, which names the message, when a system or a user could say anything and the text stays.

    Many templates know no system message and pass it over; nobody would learn that it was never read.
    """
    for index, message in enumerate(messages):
        if message["role"] == "assistant" or mark_text(tokenizer, message["content"]).strip() in text:
            continue  # an earlier answer may lose its thoughts
        otherwise = [*messages[:index], {**message, "content": message["content"] + "."}, *messages[index + 1 :]]
        if render_text(tokenizer, otherwise, add_generation_prompt=add_generation_prompt).text == text:
            raise DataError(
                f"conversation: message {index}: the chat template has no place for what the {message['role']} says"
            )


def _find_start(tokenizer: PreTrainedTokenizerFast, asked: Sequence[Message], text: str) -> int | None:
    """Where the prompt of all that came before ends."""
    try:
        before = render_text(tokenizer, asked, add_generation_prompt=True).text
    except DataError:  # a template may refuse a beginning though it takes the whole
        return None
    return len(before) if text.startswith(before) else None


def _find_opening(tokenizer: PreTrainedTokenizerFast, text: str) -> int | None:
    """Where an answer begins that nobody asked for: behind the first header of the assistant."""
    closed, opened = (render_text(tokenizer, ASKED, add_generation_prompt=add).text for add in (False, True))
    control = sorted(map(re.escape, find_control_tokens(tokenizer)), key=len, reverse=True)
    atoms = [re.findall("|".join([*control, "."]), side, re.DOTALL) for side in (closed, opened)]
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*atoms, strict=False)))
    header = "".join(atoms[1][shared:])
    if not header and not marks_assistant(str(tokenizer.chat_template)):
        return None
    return text.find(header) + len(header) if header in text else None
