"""The prompts that a policy trains on, and others on which it is only measured."""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import NamedTuple, assert_never

from transformers import PreTrainedTokenizerFast

from components.align.config import FilePrompts, TaskPrompts
from components.base.errors import DataError
from components.base.rng import derive_seed
from components.datasets.messages import report_ignored
from components.datasets.prompts import AskedPrompt, read_prompts
from components.datasets.splits import hold_out_count
from components.metrics.figures import Json
from components.tasks.config import SharedConfig
from components.tasks.contamination import drop_contaminated
from components.tasks.extract import read_gold
from components.tasks.run_tasks import draw_items
from components.tasks.score import NUMBERS, Judge
from components.tasks.task import Item
from components.text.chat import render_chat


class Prompt(NamedTuple):
    """Token ids up to where the assistant begins to speak, and the right answer where one is known."""

    ids: list[int]
    answer: str | None
    judge: Judge = NUMBERS
    """Says whether a response gives that answer."""
    task: str | None = None
    """The task of the run that asks it; None for the user's own."""


class PromptSet(NamedTuple):
    """Disjoint prompts: `train` is walked through again and again, `held_out` is never trained on."""

    train: list[Prompt]
    held_out: list[Prompt]
    counts: Json
    """What was left out of the user's rows."""


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
            items = draw_items(shared, "prompts", held_out + train, names=cfg.tasks, where="align.prompts.tasks")
            judged = _encode_items(items, tokenizer, shared.seed, room)
            held = min(held_out, max(len(judged) - train, len(judged) // 2))  # of few items, half are trained on
            return PromptSet(judged[held:], judged[:held], {})
        case FilePrompts():
            asked, counts = _read(cfg, shared)
            trained, measured = _split(asked, held_out, cfg.path)
            return PromptSet(encode(trained), encode(measured), {**counts, "held_out_prompts": len(measured)})
        case _:
            assert_never(cfg)


def _encode(asked: Sequence[AskedPrompt], *, tokenizer: PreTrainedTokenizerFast, room: int) -> list[Prompt]:
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


def _split(asked: list[AskedPrompt], wanted: int, path: str) -> tuple[list[AskedPrompt], list[AskedPrompt]]:
    """Hold out as many different prompts as are wanted, at most half; equal prompts are measured on once."""
    held = hold_out_count([one.messages for one in asked], wanted)
    train = [one for one, out in zip(asked, held, strict=True) if not out]
    measured = {str(one.messages): one for one, out in zip(asked, held, strict=True) if out}
    if not train or not measured:
        raise DataError(f"align.prompts: {path} has {len(asked)} prompts: it takes two that differ, one to measure on")
    if len(measured) < wanted:
        print(f"{path}: {len(measured)} prompts are held out, not {wanted}: half of those there are", file=sys.stderr)
    return train, list(measured.values())


def _encode_items(items: Sequence[Item], tokenizer: PreTrainedTokenizerFast, seed: int, room: int) -> list[Prompt]:
    """Prompts of the items that leave room for a response. Raises DataError when these are not two."""
    posed = _pose(items, seed)
    prompts = [
        Prompt(render_chat(tokenizer, one.messages, add_generation_prompt=True), one.answer, item.judge, item.form.task)
        for one, item in zip(posed, items, strict=True)
    ]
    fitting = [prompt for prompt in prompts if len(prompt.ids) <= room]
    if len(fitting) < 2:
        raise DataError(
            f"align.prompts: {len(fitting)} of {len(prompts)} prompts leave room in the model's context for "
            "max_new_tokens: it takes two, one to measure on"
        )
    return fitting


def _pose(items: Sequence[Item], seed: int) -> list[AskedPrompt]:
    rng = Random(derive_seed(seed, "prompts"))
    return [
        AskedPrompt(
            [{"role": "user", "content": item.ask("unconstrained", rng)}], item.gold, f"align.prompts: item {item.id}"
        )
        for item in items
    ]


def _read(cfg: FilePrompts, shared: SharedConfig) -> tuple[list[AskedPrompt], Json]:
    rows, ignored = read_prompts(Path(cfg.path), cfg.kind, prompt_field=cfg.prompt_field, answer_field=cfg.answer_field)
    clean, contaminated = drop_contaminated(rows, _locate, shared, cfg.path)
    asked = [row._replace(answer=_read_number(row, cfg.answer_field)) for row in clean]
    unknown = sum(one.answer is None for one in asked) if cfg.answer_field else 0
    counts = {"prompts_without_answer": unknown, "contaminated": contaminated}
    return asked, counts | {"ignored_fields": report_ignored(ignored, cfg.path)}


def _locate(row: AskedPrompt) -> tuple[str, str]:
    return row.where, "\n".join(str(message["content"]) for message in row.messages)


def _read_number(row: AskedPrompt, name: str | None) -> str | None:
    """The right number: bare, or what a worked solution comes to."""
    if row.answer is None:
        return None
    number = read_gold(row.answer)
    if number is None:
        raise DataError(f"{row.where}: field {name!r} holds no number that can be read ({row.answer[-60:]!r})")
    return number
