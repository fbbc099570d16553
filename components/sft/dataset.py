"""The examples of a run: built by the stage, read by every worker."""

from dataclasses import dataclass
from pathlib import Path

from components.base.errors import ParamsError
from components.generation.pool import Pool
from components.generation.probe import reads_packed
from components.metrics.figures import merge
from components.metrics.training import SftMetrics
from components.model.capabilities import read_context
from components.sft.config import SftConfig
from components.sft.conversations import load_conversations
from components.sft.packing import PackedRows, encode_conversations, lay_rows, pack_rows
from components.sft.rehearsal import add_pretraining_rows
from components.tasks.config import SharedConfig


@dataclass(frozen=True)
class Examples:
    """Packed rows for training and validation, and how they came about."""

    train: PackedRows
    validation: PackedRows
    counts: SftMetrics


def build_examples(cfg: SftConfig, shared: SharedConfig, pool: Pool, tokens: Path) -> Examples:
    """Load, tokenise and pack for the pool's model, or give each text a row where packed ones would see each other.

    Rows of the pretraining corpus follow, where the config asks for them. Raises ParamsError when rows would not fit
    the model, DataError when the user's data is malformed or nothing of it is left.
    """
    context, tokenizer = read_context(pool.config), pool.tokenizer
    if cfg.seq_len > context:
        raise ParamsError(f"sft.seq_len: {cfg.seq_len} is over the model's context of {context} tokens")
    pad_id = int(tokenizer.pad_token_id)
    train_texts, validation_texts, left_out = load_conversations(cfg.data, shared)
    train = encode_conversations(train_texts, tokenizer, cfg.seq_len, "training", pool.force_tokens)
    validation = encode_conversations(validation_texts, tokenizer, cfg.seq_len, "validation", pool.force_tokens)
    write = pack_rows if pool.run(reads_packed) else lay_rows
    packed = write(train, cfg.seq_len, pad_id)
    rows = add_pretraining_rows(packed, cfg.data.pretraining_share, tokens, tokenizer, shared.seed)
    counts = SftMetrics(
        train_conversations=len(train),
        dropped_conversations=len(train_texts) + len(validation_texts) - len(train) - len(validation),
        train_tokens=rows.useful_tokens,
        pretraining_tokens=rows.useful_tokens - packed.useful_tokens,
        answer_tokens=sum(int(example.mask.sum()) for example in train),
        packing_efficiency=round(packed.useful_tokens / packed.input_ids_RT.size, 4),
    )
    return Examples(rows, write(validation, cfg.seq_len, pad_id), merge(counts, left_out))
