"""Text of the pretraining corpus among the rows to tune on, so that the model does not forget it.

Rehearsal (Robins 1995): what was learned before is learned on beside what is new. Shapes: R rows of T tokens.
"""

from pathlib import Path

import numpy as np
from transformers import PreTrainedTokenizerFast

from components.base.rng import derive_seed
from components.sft.packing import PackedRows
from components.shards.borders import count_positions
from components.shards.order import batch_for_step
from components.shards.reader import ShardSet
from components.text.tokenizer import hash_tokenizer, require_same_tokenizer


def count_rows(conversation_rows: int, share: float) -> int:
    """Rows of text that make up this share of all rows."""
    return round(conversation_rows * share / (1.0 - share))


def add_pretraining_rows(
    packed: PackedRows, share: float, tokens: Path, tokenizer: PreTrainedTokenizerFast, seed: int
) -> PackedRows:
    """The rows with text of the training split behind them, as many as make up the share.

    A row is one stretch of the split, whole documents or parts with their end tokens; those that the model can tell
    apart do not see each other, and every token is learned. Stretches are drawn in a seeded order, none twice before
    all have been drawn. Raises ArtifactError for shards of another tokenizer or too few for one row.
    """
    count, end_id = count_rows(len(packed.input_ids_RT), share), int(tokenizer.eos_token_id)
    if not count:
        return packed
    shards = ShardSet(tokens, "train")
    require_same_tokenizer(hash_tokenizer(tokenizer), shards.tokenizer_sha256, str(tokens))
    length = packed.input_ids_RT.shape[1]
    order = derive_seed(seed, "sft", "pretraining text")
    # A sample of the shards has the token after its last besides: T of T - 1 inputs.
    text_RT = batch_for_step(shards, 0, count, length - 1, order, rank=0, world=1).astype(np.int32)
    positions_RT, mask_RT = packed.position_ids_RT, packed.attention_mask_RT
    return PackedRows(
        np.concatenate([packed.input_ids_RT, text_RT]),
        np.concatenate([packed.labels_RT, text_RT]),
        None if positions_RT is None else np.concatenate([positions_RT, count_positions(text_RT, end_id)]),
        packed.useful_tokens + text_RT.size,
        None if mask_RT is None else np.concatenate([mask_RT, np.ones_like(text_RT)]),
    )
