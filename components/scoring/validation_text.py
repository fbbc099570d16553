"""Loss on the run's validation text: the same sequences for every model, whatever was made of it.

Shapes: B sequences, T positions.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from components.model.capabilities import is_encoder_decoder, read_context
from components.scoring.perplexity import Batch, measure_loss
from components.shards.config import ValidationTextConfig
from components.shards.order import count_samples, read_samples, spread_samples
from components.shards.reader import ShardSet

BATCH_SEQUENCES = 16


def measure_text_loss(model: Any, tokens: Path, cfg: ValidationTextConfig, *, tokenizer_sha256: str) -> float | None:
    """Mean nats a token, each from those before it; None for a model that cannot be measured by it.

    Such are an encoder-decoder, a model of another tokenizer than the shards', and any where the split does not hold
    one sequence.
    """
    shards = ShardSet(tokens, "validation")
    seq_len = min(cfg.seq_len, read_context(model.config))
    indices = spread_samples(count_samples(shards.total_tokens, seq_len), cfg.sequences)
    if not indices or is_encoder_decoder(model.config) or tokenizer_sha256 != shards.tokenizer_sha256:
        return None
    return measure_loss(model, _read_batches(shards, indices, seq_len))


def _read_batches(shards: ShardSet, indices: list[int], seq_len: int) -> Iterator[Batch]:
    for start in range(0, len(indices), BATCH_SEQUENCES):
        ids_BT = torch.from_numpy(read_samples(shards, indices[start : start + BATCH_SEQUENCES], seq_len))
        yield {"input_ids": ids_BT[:, :-1]}, ids_BT[:, 1:]
