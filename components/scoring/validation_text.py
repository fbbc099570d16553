"""Loss on the run's validation text: the same sequences for every model, whatever was made of it.

Shapes: B pieces of sequences, T positions.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedTokenizerFast

from components.model.capabilities import is_encoder_decoder, read_context
from components.model.masks import IGNORED
from components.scoring.perplexity import Batch, measure_loss
from components.shards.borders import count_positions
from components.shards.config import ValidationTextConfig
from components.shards.order import count_samples, read_samples, spread_samples
from components.shards.reader import ShardSet
from components.text.tokenizer import hash_tokenizer

BATCH_PIECES = 64
Ids = npt.NDArray[np.int64]


def measure_text_loss(
    model: Any, tokenizer: PreTrainedTokenizerFast, tokens: Path, cfg: ValidationTextConfig
) -> float | None:
    """Mean nats a token, each from those of its document before it; None for a model that cannot be measured by it.

    Such are an encoder-decoder, a model of another tokenizer than the shards', and any where the split does not hold
    one sequence.
    """
    shards = ShardSet(tokens, "validation")
    seq_len = min(cfg.seq_len, read_context(model.config))
    indices = spread_samples(count_samples(shards.total_tokens, seq_len), cfg.sequences)
    if not indices or is_encoder_decoder(model.config) or hash_tokenizer(tokenizer) != shards.tokenizer_sha256:
        return None
    pieces = cut_at_documents(read_samples(shards, indices, seq_len), int(tokenizer.eos_token_id))
    return measure_loss(model, _make_batches(pieces, int(tokenizer.eos_token_id)))


def cut_at_documents(ids_RT: Ids, end_id: int) -> list[Ids]:
    """The documents and parts of documents in rows, each with the token that follows it: what it must predict last.

    A document alone in its row needs no model that tells packed texts apart.
    """
    begins_RT = count_positions(ids_RT[:, :-1], end_id) == 0
    pieces = []
    for ids_T, begins_T in zip(ids_RT, begins_RT, strict=True):
        borders = [*np.flatnonzero(begins_T).tolist(), len(ids_T) - 1]
        pieces += [ids_T[first : last + 1] for first, last in pairwise(borders)]
    return pieces


def _make_batches(pieces: list[Ids], filler: int) -> Iterator[Batch]:
    """Pieces of neighbouring lengths, filled up at the end, where no earlier token sees it."""
    ordered = sorted(pieces, key=len)
    for start in range(0, len(ordered), BATCH_PIECES):
        batch = [torch.from_numpy(piece) for piece in ordered[start : start + BATCH_PIECES]]
        inputs_BT = pad_sequence([ids[:-1] for ids in batch], batch_first=True, padding_value=filler)
        targets_BT = pad_sequence([ids[1:] for ids in batch], batch_first=True, padding_value=IGNORED)
        yield {"input_ids": inputs_BT}, targets_BT
