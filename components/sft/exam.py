"""What the tuned model can do: its loss on held-out answers, and word problems under three kinds of instruction.

Shapes: R rows, T positions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from components.base.config import SharedConfig
from components.base.files import encode_json_lines, write_text
from components.base.metrics import Metrics
from components.base.rng import derive_seed
from components.generation.ends import read_end_ids
from components.generation.engine import generate
from components.generation.sampling import SamplingParams
from components.problems.checker import is_correct, is_worked
from components.problems.generator import generate_problems
from components.problems.instructions import DIRECT_SUFFIX, STEPS_SUFFIX, phrase_instruction
from components.scoring.perplexity import measure_loss
from components.sft.config import ExamConfig
from components.sft.packing import PackedRows
from components.text.chat import render_chat
from components.text.tokenizer import decode_answer

BATCH_ROWS = 16
STYLES = {"steps": "cot", "direct": "direct", "plain": "plain"}
"""A style of instruction, and how the metric of its answers is called."""


@dataclass(frozen=True)
class Answer:
    """One greedy answer and its judgement."""

    style: str
    instruction: str
    response: str
    answer: int
    correct: bool
    worked: bool
    finished: bool


def measure_answer_loss(model: PreTrainedModel, rows: PackedRows) -> float:
    """Mean cross-entropy in nats over the assistant's tokens."""
    tables = {"input_ids": rows.input_ids_RT, **rows.borders}
    inputs = {name: torch.from_numpy(table[:, :-1]).long() for name, table in tables.items()}
    targets_RT = torch.from_numpy(rows.labels_RT[:, 1:]).long()
    parts = (slice(start, start + BATCH_ROWS) for start in range(0, len(targets_RT), BATCH_ROWS))
    return measure_loss(
        model, (({name: table[part] for name, table in inputs.items()}, targets_RT[part]) for part in parts)
    )


def sit_exam(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, cfg: ExamConfig, shared: SharedConfig
) -> list[Answer]:
    """Greedy answers to problems for validation, each asked once in each style."""
    problems = generate_problems(shared, "validation", cfg.problems, stream="sft answers")
    rng = Random(derive_seed(shared.seed, "sft answers"))
    asked = [(style, p, _ask(p.question, style, rng)) for style in STYLES for p in problems]
    prompts = [render_chat(tokenizer, [{"role": "user", "content": text}]) for _, _, text in asked]
    completions = generate(
        model,
        prompts,
        SamplingParams(max_new_tokens=cfg.max_new_tokens),
        end_token_ids=read_end_ids(model),
        what="exam",
    )
    answers = []
    for (style, problem, text), completion in zip(asked, completions, strict=True):
        response = decode_answer(tokenizer, completion.token_ids)
        correct, worked = is_correct(response, str(problem.answer)), is_worked(response)
        finished = completion.finish_reason == "stop"
        answers.append(Answer(style, text, response, problem.answer, correct, worked, finished))
    return answers


def grade(answers: Sequence[Answer]) -> Metrics:
    """Exact match per style, how plain instructions are answered, and how often an answer comes to its end."""
    if not answers:
        return {}
    of_style = {style: [a for a in answers if a.style == style] for style in STYLES}
    matches = {f"exact_match_{STYLES[style]}": _share(of_style[style], "correct") for style in STYLES}
    return {
        **matches,
        "worked_share_plain": _share(of_style["plain"], "worked"),
        "finished_share": _share(answers, "finished"),
        "exam_problems": len(of_style["plain"]),
    }


def write_answers(answers: Sequence[Answer], path: Path) -> None:
    """Keep every answer, one JSON object a line."""
    write_text(path, encode_json_lines(asdict(answer) for answer in answers))


def _ask(question: str, style: str, rng: Random) -> str:
    """The two fixed phrasings of evaluation; plain instructions vary, as users' do."""
    match style:
        case "steps":
            return question + STEPS_SUFFIX
        case "direct":
            return question + DIRECT_SUFFIX
        case _:
            return phrase_instruction(question, "plain", rng)


def _share(answers: Sequence[Answer], field: str) -> float:
    records: list[Mapping[str, Any]] = [asdict(answer) for answer in answers]
    return round(sum(bool(record[field]) for record in records) / len(records), 4)
