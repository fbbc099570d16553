"""What quantization may spoil: the loss on held-out text, and answers to the run's tasks."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from components.generation.fitting import answer_fitting
from components.generation.pool import Pool
from components.generation.sampling import SamplingParams
from components.quantize.config import QualityConfig
from components.scoring.validation_text import measure_text_loss
from components.tasks.config import SharedConfig
from components.tasks.run_tasks import draw_items, has_items
from components.tasks.score import is_correct
from components.tasks.task import Item
from components.text.chat import render_chat


class Quality(NamedTuple):
    """One model's figures on the same text and the same items."""

    val_loss: float | None
    exact_match: Mapping[str, float]
    """Of each task; empty where none has items for validation."""


class QualityEvaluator:
    """The text and the items on which the model is measured before and after."""

    def __init__(self, cfg: QualityConfig, shared: SharedConfig, tokens: Path) -> None:
        self._cfg, self._tokens, self._text = cfg, tokens, shared.validation_text
        # Test items stay unseen: nothing may be tuned on them, and this gate is a kind of tuning.
        self._items = _draw(cfg, shared)

    def measure(self, pool: Pool, what: str) -> Quality:
        """Validation loss (nats per token) and the share of items answered right, greedily."""
        loss = pool.run(measure_text_loss, pool.tokenizer, self._tokens, self._text)
        if not self._items:
            return Quality(loss, {})
        share = measure_exact_match(pool, self._items, self._cfg.max_new_tokens, what)
        return Quality(loss, share)


def _draw(cfg: QualityConfig, shared: SharedConfig) -> list[Item]:
    if not has_items(shared, "validation", cfg.tasks):
        return []
    return draw_items(
        shared, "validation", cfg.items, stream="quantize", names=cfg.tasks, where="quantize.quality.tasks"
    )


def measure_exact_match(pool: Pool, items: list[Item], max_new_tokens: int, what: str) -> dict[str, float]:
    """Share of each task's items that greedy chains of thought answer right."""
    prompts = [render_chat(pool.tokenizer, [{"role": "user", "content": item.ask_fixed(cot=True)}]) for item in items]
    answers = answer_fitting(pool, prompts, SamplingParams(max_new_tokens), what=what)
    right = [
        answer is not None and is_correct(answer.text, item.gold, item.judge)
        for answer, item in zip(answers, items, strict=True)
    ]
    tasks = [item.form.task for item in items]
    own = {task: [one for one, name in zip(right, tasks, strict=True) if name == task] for task in dict.fromkeys(tasks)}
    return {task: sum(answers) / len(answers) for task, answers in own.items()}
