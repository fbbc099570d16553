"""The prompts that a policy trains on, and others on which it is only measured."""

import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple, assert_never

from transformers import PreTrainedTokenizerFast

from components.align.config import FilePrompts, TaskPrompts
from components.base.errors import DataError
from components.base.rng import derive_seed
from components.datasets.messages import Fields, Messages, add_system, read_messages, report_ignored
from components.datasets.rows import read_good_rows
from components.datasets.splits import hold_out_count
from components.metrics.figures import Json
from components.tasks.config import SharedConfig
from components.tasks.extract import read_gold
from components.tasks.phrasing import phrase_instruction
from components.tasks.run_tasks import draw_items
from components.text.chat import render_chat


class Prompt(NamedTuple):
    """Token ids up to where the assistant begins to speak, and the right number where one is known."""

    ids: list[int]
    answer: str | None


class PromptSet(NamedTuple):
    """Disjoint prompts: `train` is walked through again and again, `held_out` is never trained on."""

    train: list[Prompt]
    held_out: list[Prompt]
    counts: Json
    """What was left out of the user's rows."""


class _Asked(NamedTuple):
    messages: Messages
    answer: str | None
    where: str


def load_prompts(
    cfg: TaskPrompts | FilePrompts,
    shared: SharedConfig,
    tokenizer: PreTrainedTokenizerFast,
    *,
    train: int,
    held_out: int,
    room: int,
) -> PromptSet:
    """Read or generate so many prompts, none longer than `room` tokens; of a file, all that are not held out train.

    Raises DataError when the user's file has too few, or a row is malformed or leaves no room for a response.
    """
    encode = partial(_encode, tokenizer=tokenizer, room=room)
    match cfg:
        case TaskPrompts():
            asked = _generate(shared, held_out + train)
            return PromptSet(encode(asked[held_out:]), encode(asked[:held_out]), {})
        case FilePrompts():
            asked, counts = _read(cfg)
            trained, measured = _split(asked, held_out, cfg.path)
            return PromptSet(encode(trained), encode(measured), {**counts, "held_out_prompts": len(measured)})
        case _:
            assert_never(cfg)


def _encode(asked: Sequence[_Asked], *, tokenizer: PreTrainedTokenizerFast, room: int) -> list[Prompt]:
    prompts = []
    for one in asked:
        try:
            ids = render_chat(tokenizer, one.messages, add_generation_prompt=True)
        except DataError as error:
            raise DataError(f"{one.where}: {error}") from None
        if len(ids) > room:
            raise DataError(
                f"{one.where}: the prompt has {len(ids)} tokens, and the model's context leaves room for "
                f"{max(0, room)} beside max_new_tokens: shorten it, or take the row out"
            )
        prompts.append(Prompt(ids, one.answer))
    return prompts


def _split(asked: list[_Asked], wanted: int, path: str) -> tuple[list[_Asked], list[_Asked]]:
    """Hold out as many different prompts as are wanted, at most half; equal prompts are measured on once."""
    held = hold_out_count([one.messages for one in asked], wanted)
    train = [one for one, out in zip(asked, held, strict=True) if not out]
    measured = {str(one.messages): one for one, out in zip(asked, held, strict=True) if out}
    if not train or not measured:
        raise DataError(f"align.prompts: {path} has {len(asked)} prompts: it takes two that differ, one to measure on")
    if len(measured) < wanted:
        print(f"{path}: {len(measured)} prompts are held out, not {wanted}: half of those there are", file=sys.stderr)
    return train, list(measured.values())


def _generate(shared: SharedConfig, count: int) -> list[_Asked]:
    rng = Random(derive_seed(shared.seed, "prompts"))
    items = draw_items(shared, "prompts", count)
    texts = [phrase_instruction(item.question, "unconstrained", rng) for item in items]
    return [
        _Asked([{"role": "user", "content": text}], item.gold, f"align.prompts: item {item.id}")
        for text, item in zip(texts, items, strict=True)
    ]


def _read(cfg: FilePrompts) -> tuple[list[_Asked], Json]:
    ignored: Counter[str] = Counter()
    found = []
    for row in read_good_rows(Path(cfg.path), cfg.kind):
        fields = Fields(row, ignored)
        prompt, answer = _read_prompt(fields, cfg.prompt_field), _read_answer(fields, cfg.answer_field)
        found.append(_Asked(prompt, answer, fields.where))
        fields.finish()
    unknown = sum(one.answer is None for one in found) if cfg.answer_field else 0
    return found, {"prompts_without_answer": unknown, "ignored_fields": report_ignored(ignored, cfg.path)}


def _read_prompt(fields: Fields, name: str) -> Messages:
    """Text, or a conversation that waits for the assistant."""
    if not fields.holds(name):
        raise fields.missing(name)
    messages = add_system(fields, read_messages(fields, fields.take(name), name, "user"))
    if messages[-1]["role"] == "assistant":
        raise DataError(f"{fields.where}: field {name!r} ends with the assistant, so there is nothing to answer")
    return messages


def _read_answer(fields: Fields, name: str | None) -> str | None:
    """The right number: bare, or what a worked solution comes to; null where a row has none."""
    if name is None:
        return None
    if not fields.is_there(name):
        raise fields.missing(name)
    value = fields.take(name)
    if value is None:
        return None
    answer = read_gold(str(value))
    if answer is None:
        raise DataError(f"{fields.where}: field {name!r} holds no number that can be read ({str(value)[-60:]!r})")
    return answer
