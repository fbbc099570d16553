"""What quantization may spoil: the loss on held-out text, and answers to word problems.

Shapes: B rows, T positions.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from components.base.config import SharedConfig
from components.generation.ends import read_end_ids
from components.generation.engine import SamplingParams, generate
from components.problems.checker import is_correct
from components.problems.generator import Problem, generate_problems
from components.problems.instructions import STEPS_SUFFIX
from components.quantize.config import QualityConfig
from components.scoring.perplexity import measure_loss
from components.shards.order import batch_for_step
from components.shards.reader import ShardSet
from components.text.chat import render_chat
from components.text.tokenizer import decode_answer

Tokens = npt.NDArray[np.int64]


class Quality(NamedTuple):
    """One model's figures on the same text and the same problems."""

    val_loss: float
    exact_match: float


class Probe:
    """The text and the problems on which the model is measured before and after."""

    def __init__(
        self, cfg: QualityConfig, shared: SharedConfig, tokens: Path, tokenizer: PreTrainedTokenizerFast
    ) -> None:
        self._cfg = cfg
        self._tokenizer = tokenizer
        self._batches = [torch.from_numpy(b) for b in read_batches(cfg, ShardSet(tokens, "validation"), shared.seed)]
        # Test problems stay unseen: nothing may be tuned on them, and this gate is a kind of tuning.
        self._problems = generate_problems(shared, "validation", cfg.problems, stream="quantize")

    def measure(self, model: PreTrainedModel, what: str) -> Quality:
        """Validation loss (nats per token) and the share of problems answered right, greedily."""
        loss = measure_loss(model, (({"input_ids": ids[:, :-1]}, ids[:, 1:]) for ids in self._batches))
        share = measure_exact_match(model, self._tokenizer, self._problems, self._cfg.max_new_tokens, what)
        return Quality(loss, share)


def read_batches(cfg: QualityConfig, shards: ShardSet, seed: int) -> Iterator[Tokens]:
    """The first batches, [B, T + 1], in the shards' own seeded order."""
    for step in range(cfg.batches):
        yield batch_for_step(shards, step, global_batch=cfg.batch_size, seq_len=cfg.seq_len, seed=seed, rank=0, world=1)


def measure_exact_match(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    problems: list[Problem],
    max_new_tokens: int,
    what: str,
) -> float:
    """Share of problems answered right by greedy step-by-step answers."""
    prompts = [render_chat(tokenizer, [{"role": "user", "content": p.question + STEPS_SUFFIX}]) for p in problems]
    sampling = SamplingParams(max_new_tokens)
    completions = generate(model, prompts, sampling, end_token_ids=read_end_ids(model), what=what)
    texts = [decode_answer(tokenizer, completion.token_ids) for completion in completions]
    right = [is_correct(text, str(problem.answer)) for text, problem in zip(texts, problems, strict=True)]
    return sum(right) / len(right)
