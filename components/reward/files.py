"""Pairs from the user's files: explicit prompts, conversations, or the dialogues of hh-rlhf."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import PreTrainedTokenizerFast

from components.base.errors import DataError
from components.base.metrics import Metrics
from components.reward.config import FilePairs
from components.reward.pairs import Pair
from components.text.chat import encode_chat_example
from components.text.rows import Row, read_good_rows

Messages = list[dict[str, Any]]
_SPEAKER = re.compile(r"(?:^|\n\n)(Human|Assistant): ?")
_ROLES = {"Human": "user", "Assistant": "assistant"}


def read_pairs(data: FilePairs, tokenizer: PreTrainedTokenizerFast) -> tuple[list[Pair], Metrics]:
    """Read every row as a pair; one whose two sides are equal prefers nothing and is counted, not used.

    Raises DataError that names file and line of a malformed row.
    """
    pairs = [_read_pair(row, tokenizer) for row in read_good_rows(Path(data.path), data.kind)]
    kept = [pair for pair in pairs if pair.chosen_ids != pair.rejected_ids]
    return kept, {"equal_pairs": len(pairs) - len(kept)}


def _read_pair(row: Row, tokenizer: PreTrainedTokenizerFast) -> Pair:
    where = f"{row.path}:{row.line}"
    prompt = _read_side(row.fields["prompt"], "user", f"{where}: prompt") if row.fields.get("prompt") else []
    sides = []
    for name in ("chosen", "rejected"):
        if row.fields.get(name) is None:
            raise DataError(f"{where}: field {name!r} is missing")
        sides.append(prompt + _read_side(row.fields[name], "assistant" if prompt else None, f"{where}: {name}"))
    chosen, rejected = sides
    for name, side in (("chosen", chosen), ("rejected", rejected)):
        if side[-1].get("role") != "assistant":
            raise DataError(f"{where}: {name}: the last message is not the assistant's")
    shared = _shared_prompt(chosen, rejected)
    if not shared:
        raise DataError(f"{where}: chosen and rejected do not answer the same prompt")
    try:
        chosen_ids, rejected_ids = (_encode(tokenizer, side) for side in (chosen, rejected))
    except DataError as error:
        raise DataError(f"{where}: {error}") from None
    cut = len(shared)
    return Pair(_write(shared), _write(chosen[cut:]), _write(rejected[cut:]), chosen_ids, rejected_ids)


def _encode(tokenizer: PreTrainedTokenizerFast, messages: Messages) -> list[int]:
    """Token ids up to the end of the last answer: a reward is read where a sampled answer ends."""
    ids, mask = encode_chat_example(tokenizer, messages)
    return ids[: len(mask) - mask[::-1].index(1)]


def _read_side(value: Any, role: str | None, where: str) -> Messages:
    """Messages of one field; text is one message of `role`, or a dialogue when no role is given."""
    if isinstance(value, str):
        return [{"role": role, "content": value}] if role and not _is_dialogue(value) else parse_dialogue(value, where)
    if isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value):
        return [{"role": item.get("role"), "content": item.get("content")} for item in value]
    raise DataError(f"{where}: not text and not a list of messages")


def parse_dialogue(text: str, where: str) -> Messages:
    r"""Messages of "\n\nHuman: … \n\nAssistant: …" (Bai et al. 2022); raises DataError when it is none."""
    before, *parts = _SPEAKER.split(text)
    if not parts or before.strip():
        raise DataError(f'{where}: not a dialogue that begins with "Human:"')
    return [
        {"role": _ROLES[speaker], "content": said.strip()}
        for speaker, said in zip(parts[::2], parts[1::2], strict=True)
    ]


def _is_dialogue(text: str) -> bool:
    return text.startswith("\n\nHuman:")


def _shared_prompt(chosen: Messages, rejected: Messages) -> Messages:
    """The messages with which both sides begin, without the last answer of either."""
    shared = 0
    for ours, theirs in zip(chosen[:-1], rejected[:-1], strict=False):
        if ours != theirs:
            break
        shared += 1
    return chosen[:shared]


def _write(messages: Messages) -> str:
    if len(messages) == 1:
        return str(messages[0]["content"])
    return "\n\n".join(f"{message['role']}: {message['content']}" for message in messages)
