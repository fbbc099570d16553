"""What the tuned model can do: its loss on held-out answers, and items under three styles of instruction.

Shapes: R rows, T positions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedModel

from components.base.files import encode_json_lines, write_text
from components.base.rng import derive_seed
from components.generation.answers import Answer
from components.generation.fitting import answer_fitting
from components.generation.pool import Pool
from components.generation.sampling import SamplingParams
from components.metrics.figures import average
from components.metrics.training import ExamFigures, SftMetrics
from components.scoring.perplexity import Batch, measure_loss
from components.sft.config import EvaluationConfig
from components.sft.row_files import read_rows
from components.tasks.config import SharedConfig
from components.tasks.phrasing import Style
from components.tasks.run_tasks import draw_items, has_items
from components.tasks.score import has_cot, is_correct
from components.tasks.task import Item
from components.text.chat import render_chat

BATCH_ROWS = 16
STYLES: dict[Style, str] = {"cot": "cot", "answer_only": "direct", "unconstrained": "plain"}
"""A style of instruction, and how the metric of its answers is called."""


@dataclass(frozen=True)
class Sample:
    """One instruction, its greedy answer, and what is true of that."""

    task: str
    style: Style
    instruction: str
    response: str
    gold: str
    correct: bool
    cot: bool | None
    """Whether it has a chain of thought; None where that cannot be told."""
    finished: bool


def measure_answer_loss(model: PreTrainedModel, file: Path) -> float:
    """Mean cross-entropy in nats over the assistant's tokens of the packed rows in a file."""
    return measure_loss(model, map(_split_targets, read_rows(file, BATCH_ROWS)))


def _split_targets(columns: Mapping[str, npt.NDArray[np.int32]]) -> Batch:
    """What the model is given, and what it is to say next."""
    tables = {name: torch.from_numpy(table.astype(np.int64)) for name, table in columns.items()}
    targets_RT = tables.pop("labels")[:, 1:]
    return {name: table_RT[:, :-1] for name, table_RT in tables.items()}, targets_RT


def ask_model(pool: Pool, cfg: EvaluationConfig, shared: SharedConfig) -> list[Sample]:
    """Greedy answers to items for validation, each asked once in each style; none where no task has such items."""
    if not has_items(shared, "validation", cfg.tasks):
        return []
    items = draw_items(
        shared, "validation", cfg.items, stream="sft answers", names=cfg.tasks, where="sft.evaluation.tasks"
    )
    rng = Random(derive_seed(shared.seed, "sft answers"))
    asked = [(style, item, item.ask(style, rng)) for style in STYLES for item in items]
    prompts = [render_chat(pool.tokenizer, [{"role": "user", "content": text}]) for _, _, text in asked]
    answers = answer_fitting(pool, prompts, SamplingParams(cfg.max_new_tokens), what="answers")
    return [_judge(style, item, text, a) for (style, item, text), a in zip(asked, answers, strict=True)]


def _judge(style: Style, item: Item, text: str, answer: Answer | None) -> Sample:
    """A question that is longer than the model's context is not answered, and so not right."""
    if answer is None:
        return Sample(item.form.task, style, text, "", item.gold, False, None, False)
    correct = is_correct(answer.text, item.gold, item.judge)
    cot = has_cot(answer.text) if item.judge.reads_numbers else None
    return Sample(item.form.task, style, text, answer.text, item.gold, correct, cot, answer.finished)


def summarise(samples: Sequence[Sample]) -> SftMetrics:
    """Exact match per style, how unconstrained instructions are answered, and how often an answer comes to its end.

    The figures of each task, and their means.
    """
    if not samples:
        return SftMetrics()
    by_task = {task: [s for s in samples if s.task == task] for task in dict.fromkeys(s.task for s in samples)}
    exams = {task: _examine(own) for task, own in by_task.items()}
    return SftMetrics(
        **average(list(exams.values())),
        finished_share=_mean([s.finished for s in samples]),
        exam_items=sum(s.style == "unconstrained" for s in samples),
        tasks=exams,
    )


def _examine(samples: Sequence[Sample]) -> ExamFigures:
    by_style = {style: [s for s in samples if s.style == style] for style in STYLES}
    free = by_style["unconstrained"]
    worked = [s.cot for s in free if s.cot is not None]
    return ExamFigures(
        exact_match_cot=_mean([s.correct for s in by_style["cot"]]),
        exact_match_direct=_mean([s.correct for s in by_style["answer_only"]]),
        exact_match_plain=_mean([s.correct for s in free]),
        worked_share_plain=_mean(worked) if worked else None,
    )


def write_samples(samples: Sequence[Sample], path: Path) -> None:
    """Keep every answer, one JSON object a line."""
    write_text(path, encode_json_lines(asdict(sample) for sample in samples))


def _mean(facts: Sequence[bool]) -> float:
    return round(sum(facts) / len(facts), 4)
