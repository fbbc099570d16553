"""What a model is good for beyond the next token: going on from a prefix, and filling a gap.

Shapes: B texts, P tokens given, G tokens asked for, V vocabulary.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from transformers import PreTrainedModel

from components.metrics.training import ContinuationFigures, InfillingFigures, PretrainMetrics
from components.model.capabilities import is_encoder_decoder
from components.pretrain.config import EvaluationConfig, ObjectiveConfig
from components.pretrain.objective import Example, collate_encoder_decoder, collate_rows, split_targets
from components.scoring.perplexity import measure_loss
from components.shards.order import count_samples, read_samples, spread_samples
from components.shards.reader import ShardSet
from components.text.sentinels import Sentinels

Rows = npt.NDArray[np.int64]
SHORT_PREFIX = 8
"""Tokens left of the prefix for the comparison: what the words just before alone would tell."""
BATCH_TEXTS = 16


class DownstreamEvaluator:
    """Puts sources to one model, and compares what it generates with what stood there."""

    def __init__(self, model: PreTrainedModel, *, pad_token_id: int) -> None:
        self.model, self.pad_token_id = model, pad_token_id
        self.encoder_decoder = is_encoder_decoder(model.config)

    def measure_loss(self, examples: list[Example]) -> float:
        """Mean nats per target token."""
        collate = collate_encoder_decoder if self.encoder_decoder else collate_rows
        batches = (examples[i : i + BATCH_TEXTS] for i in range(0, len(examples), BATCH_TEXTS))
        return measure_loss(self.model, (split_targets(collate(batch, self.pad_token_id)) for batch in batches))

    @torch.inference_mode()
    def measure_match(self, sources_BP: Rows, opening: list[int], truth_BG: Rows) -> float:
        """Share of tokens that greedy generation gives as they stood; `opening` is where its answer begins."""
        sources = torch.from_numpy(sources_BP).to(self.model.device)
        found_BG = self._generate(sources, opening, truth_BG.shape[1])
        return float((found_BG.cpu().numpy() == truth_BG).mean())

    def _generate(self, sources_BP: Tensor, opening: list[int], wanted: int) -> Tensor:
        opened = sources_BP.new_tensor(opening).expand(len(sources_BP), -1)
        given: dict[str, Tensor] = {}
        if self.encoder_decoder:
            start = sources_BP.new_full((len(sources_BP), 1), self.model.config.decoder_start_token_id)
            given = {"input_ids": sources_BP, "decoder_input_ids": torch.cat([start, opened], 1)}
        else:
            given = {"input_ids": torch.cat([sources_BP, opened], 1)}
        given["attention_mask"] = torch.ones_like(given["input_ids"])
        before = given.get("decoder_input_ids", given["input_ids"]).shape[1]
        out = self.model.generate(
            **given, max_new_tokens=wanted, min_new_tokens=wanted, do_sample=False, pad_token_id=self.pad_token_id
        )
        return out[:, before:]  # type: ignore[no-any-return]


def measure_continuation(
    evaluator: DownstreamEvaluator, rows: Rows, mode: list[int], wanted: int
) -> ContinuationFigures:
    """The second half of each text given the first: loss of all of it, and its first tokens generated."""
    half = rows.shape[1] // 2
    asked = np.full((len(rows), len(mode)), mode, dtype=np.int64) if mode else np.empty((len(rows), 0), dtype=np.int64)
    prefix, rest = rows[:, :half], rows[:, half:]
    short = prefix[:, -SHORT_PREFIX:]
    examples = [Example(np.concatenate([m, p]), r) for m, p, r in zip(asked, prefix, rest, strict=True)]
    truth = rest[:, :wanted]
    return ContinuationFigures(
        loss=evaluator.measure_loss(examples),
        match=evaluator.measure_match(np.concatenate([asked, prefix], axis=1), [], truth),
        match_short_prefix=evaluator.measure_match(np.concatenate([asked, short], axis=1), [], truth),
    )


def measure_infilling(
    evaluator: DownstreamEvaluator, rows: Rows, sentinels: Sentinels, mode: list[int], wanted: int
) -> InfillingFigures:
    """A gap in the middle of each text, generated with both sides at hand, and with the left side alone."""
    start = (rows.shape[1] - wanted) // 2
    left, gap, right = rows[:, :start], rows[:, start : start + wanted], rows[:, start + wanted :]
    # As many tokens as in training: a text, one sentinel, and room for the answer.
    right = right[:, : max(0, right.shape[1] - wanted - len(mode) - 2)]
    first, last = sentinels.spans[0], sentinels.spans[1]

    def column(ids: list[int]) -> Rows:
        return np.tile(np.array(ids, dtype=np.int64), (len(rows), 1))

    whole = np.concatenate([column(mode), left, column([first]), right], axis=1)
    blind = np.concatenate([column(mode), left, column([first])], axis=1)
    examples = [Example(source, np.array([first, *answer, last])) for source, answer in zip(whole, gap, strict=True)]
    return InfillingFigures(
        loss=evaluator.measure_loss(examples),
        match=evaluator.measure_match(whole, [first], gap),
        match_left_only=evaluator.measure_match(blind, [first], gap),
    )


def measure_downstream(
    model: PreTrainedModel,
    objective: ObjectiveConfig,
    cfg: EvaluationConfig,
    sentinels: Sentinels,
    *,
    tokens: Path,
    seq_len: int,
    pad_token_id: int,
) -> PretrainMetrics:
    """Scores of continuation for every model, and of infilling for one that was trained to denoise."""
    shards = ShardSet(tokens, "validation")
    rows = read_samples(shards, spread_samples(count_samples(shards.total_tokens, seq_len), cfg.texts), seq_len)
    evaluator = DownstreamEvaluator(model, pad_token_id=pad_token_id)
    mixed = objective.kind == "mixture_of_denoisers"
    continuation = measure_continuation(evaluator, rows, [sentinels.modes["S"]] if mixed else [], cfg.continued_tokens)
    infilling = None
    if mixed or objective.kind == "span_corruption":
        mode = [sentinels.modes["R"]] if mixed else []
        infilling = measure_infilling(evaluator, rows, sentinels, mode, cfg.infilled_tokens)
    return PretrainMetrics(continuation=continuation, infilling=infilling)
