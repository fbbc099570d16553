"""The prompts that PPO trains on, and others on which it is only measured."""

from pathlib import Path
from random import Random
from typing import NamedTuple, assert_never

from transformers import PreTrainedTokenizerFast

from components.align.config import FilePrompts, PpoConfig, WordProblemPrompts
from components.base.config import SharedConfig
from components.base.errors import DataError
from components.problems.checker import normalise_number
from components.problems.generator import generate_problems
from components.problems.instructions import phrase_instruction
from components.text.chat import render_chat
from components.text.rows import read_good_rows, require_field


class Prompt(NamedTuple):
    """Token ids up to where the assistant begins to speak, and the right number where one is known."""

    ids: list[int]
    answer: str | None


class PromptSet(NamedTuple):
    """Disjoint prompts: `train` is walked through again and again, `held_out` is never trained on."""

    train: list[Prompt]
    held_out: list[Prompt]


def load_prompts(cfg: PpoConfig, shared: SharedConfig, tokenizer: PreTrainedTokenizerFast) -> PromptSet:
    """Read or generate the prompts; raises DataError when the user's file has too few."""
    held_out = cfg.measure.prompts
    wanted = held_out + cfg.iterations * cfg.rollout.prompts_per_iteration
    match cfg.prompts:
        case WordProblemPrompts():
            pairs = _generate(shared, wanted)
        case FilePrompts():
            pairs = _read(cfg.prompts)
        case _:
            assert_never(cfg.prompts)
    if len(pairs) < held_out + cfg.rollout.prompts_per_iteration:
        raise DataError(
            f"align.prompts: {len(pairs)} prompts are too few: {held_out} are held out and one iteration "
            f"takes {cfg.rollout.prompts_per_iteration}"
        )
    prompts = [
        Prompt(render_chat(tokenizer, [{"role": "user", "content": text}], add_generation_prompt=True), answer)
        for text, answer in pairs
    ]
    return PromptSet(prompts[held_out:], prompts[:held_out])


def _generate(shared: SharedConfig, count: int) -> list[tuple[str, str | None]]:
    rng = Random(shared.seed)
    problems = generate_problems(shared.word_problems, "prompts", count)
    return [(phrase_instruction(p.question, "plain", rng), str(p.answer)) for p in problems]


def _read(cfg: FilePrompts) -> list[tuple[str, str | None]]:
    return [
        (
            require_field(row, cfg.prompt_field),
            normalise_number(str(row.fields.get(cfg.answer_field))) if cfg.answer_field else None,
        )
        for row in read_good_rows(Path(cfg.path), cfg.kind)
    ]
