"""Text of the pretraining corpus among the rows to tune on, so that the model does not forget it.

Rehearsal (Robins 1995): what was learned before is learned on beside what is new. Shapes: R rows of T tokens.
"""

from collections.abc import Iterator
from math import ceil
from pathlib import Path

import numpy as np
from transformers import PreTrainedTokenizerFast

from components.base.rng import derive_seed
from components.sft.packing import BLOCK_ROWS, PackedRows
from components.shards.borders import count_positions
from components.shards.order import batch_for_step
from components.shards.reader import ShardSet
from components.text.tokenizer import hash_tokenizer, require_same_tokenizer


def count_rows(conversation_rows: int, share: float) -> int:
    """Rows of text that make up this share of all rows."""
    return round(conversation_rows * share / (1.0 - share))


def draw_text_rows(
    count: int, seq_len: int, tokens: Path, tokenizer: PreTrainedTokenizerFast, seed: int, *, packed: bool
) -> Iterator[PackedRows]:
    """So many rows of text of the training split, a block at a time.

    A row is one stretch of the split, whole documents or parts with their end tokens; those that the model can tell
    apart (`packed`) do not see each other, and every token is learned. Stretches are drawn in a seeded order, none
    twice before all have been drawn. Raises ArtifactError for shards of another tokenizer or too few for one row.
    """
    if not count:
        return
    shards = ShardSet(tokens, "train")
    require_same_tokenizer(hash_tokenizer(tokenizer), shards.tokenizer_sha256, str(tokens))
    order, end_id = derive_seed(seed, "sft", "pretraining text"), int(tokenizer.eos_token_id)
    for step in range(ceil(count / BLOCK_ROWS)):
        # A sample of the shards has the token after its last besides: T of T - 1 inputs.
        drawn_RT = batch_for_step(shards, step, BLOCK_ROWS, seq_len - 1, order, rank=0, world=1)
        text_RT = drawn_RT[: count - step * BLOCK_ROWS].astype(np.int32)
        if packed:
            yield PackedRows(text_RT, text_RT, count_positions(text_RT, end_id).astype(np.int32), text_RT.size)
        else:
            yield PackedRows(text_RT, text_RT, None, text_RT.size, np.ones_like(text_RT))
