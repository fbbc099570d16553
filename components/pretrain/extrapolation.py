"""Loss by position, also beyond the length that a model was trained on.

Press et al. 2022 (arXiv 2108.12409), section 2.2: does a model trained on L tokens use more of them?
"""

import torch
from transformers import PreTrainedModel

from components.metrics.training import LengthFigures
from components.model.capabilities import read_context, reads_beyond_context
from components.scoring.logprobs import score_targets
from components.shards.order import count_samples, read_samples, spread_samples
from components.shards.reader import ShardSet

BATCH_TOKENS = 4096
BUCKETS = 16
"""Points of the curve over the longest text's positions."""


@torch.no_grad()
def measure_extrapolation(
    model: PreTrainedModel, shards: ShardSet, *, seq_len: int, factors: list[int], tokens: int
) -> dict[str, LengthFigures]:
    """For each length in tokens, mean nats per token over about `tokens` of the split, and the same by position.

    A length that the model's position table cannot hold, or the split cannot fill, is left out.
    """
    return {
        str(factor): _measure_length(model, shards, seq_len * factor, tokens)
        for factor in factors
        if _can_read(model, seq_len * factor) and count_samples(shards.total_tokens, seq_len * factor)
    }


def _can_read(model: PreTrainedModel, length: int) -> bool:
    return length <= read_context(model.config) or reads_beyond_context(model.config)


def _measure_length(model: PreTrainedModel, shards: ShardSet, length: int, tokens: int) -> LengthFigures:
    texts = spread_samples(count_samples(shards.total_tokens, length), max(1, tokens // length))
    step = max(1, BATCH_TOKENS // length)
    sums = torch.zeros(length, dtype=torch.float64, device=model.device)
    for start in range(0, len(texts), step):
        ids = torch.from_numpy(read_samples(shards, texts[start : start + step], length)).to(model.device)
        sums -= score_targets(model, {"input_ids": ids[:, :-1]}, ids[:, 1:]).double().sum(0)
    by_position = (sums / len(texts)).tensor_split(BUCKETS)
    return LengthFigures(
        tokens=length,
        loss=float(sums.sum() / (len(texts) * length)),
        by_position=[float(part.mean()) for part in by_position],
    )
