"""The examples of a run: built by the stage on storage that every worker reads, in memory that no data fills."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from components.base.errors import ParamsError
from components.base.files import fresh_folder
from components.generation.pool import Pool
from components.generation.probe import reads_packed
from components.metrics.figures import merge
from components.metrics.training import SftMetrics
from components.model.capabilities import read_context
from components.sft.config import SftConfig
from components.sft.conversations import Conversation, load_conversations
from components.sft.packing import Example, Layout, PackedRows, encode_conversations, lay_rows, pack_rows, write_rows
from components.sft.rehearsal import count_rows, draw_text_rows
from components.sft.row_files import StoredExamples, save_rows, store_examples
from components.tasks.config import SharedConfig
from components.training.fine_tuning import Samples


@dataclass(frozen=True)
class Examples:
    """Packed rows for training and validation, in files of one folder, and how they came about."""

    train: Samples
    validation: Samples
    counts: SftMetrics

    def remove(self) -> None:
        """Give the storage back."""
        rmtree(self.train.file.parent)


def build_examples(cfg: SftConfig, shared: SharedConfig, pool: Pool, tokens: Path, folder: Path) -> Examples:
    """Load, tokenise and pack for the pool's model, or give each text a row where packed ones would see each other.

    Rows of the pretraining corpus follow, where the config asks for them. All of it goes by way of files in `folder`,
    which is there as a whole or not at all. Raises ParamsError when rows would not fit the model, DataError when the
    user's data is malformed or nothing of it is left.
    """
    context = read_context(pool.config)
    if cfg.seq_len > context:
        raise ParamsError(f"sft.seq_len: {cfg.seq_len} is over the model's context of {context} tokens")
    builder = _Builder(cfg, pool, packed=pool.run(reads_packed))
    with fresh_folder(folder) as partial, TemporaryDirectory(dir=partial) as scratch:
        train_texts, validation_texts, left_out = load_conversations(cfg.data, shared, Path(scratch) / "texts.arrow")
        train = store_examples(builder.encode(train_texts, "training"), Path(scratch) / "train.arrow")
        validation = store_examples(builder.encode(validation_texts, "validation"), Path(scratch) / "validation.arrow")
        layout = builder.lay_out(train)
        text = count_rows(layout.rows, cfg.data.pretraining_share)
        drawn = draw_text_rows(text, cfg.seq_len, tokens, pool.tokenizer, shared.seed, packed=builder.packed)
        rows = builder.save(chain(builder.write(train, layout), drawn), partial / "train.arrow")
        held_out = builder.save(builder.write(validation, builder.lay_out(validation)), partial / "validation.arrow")
    pretraining_tokens = text * cfg.seq_len
    packed_tokens = rows.tokens - pretraining_tokens
    counts = SftMetrics(
        train_conversations=len(train.rows),
        dropped_conversations=len(train_texts) + len(validation_texts) - len(train.rows) - len(validation.rows),
        train_tokens=rows.tokens,
        pretraining_tokens=pretraining_tokens,
        answer_tokens=train.answer_tokens,
        packing_efficiency=round(packed_tokens / (layout.rows * cfg.seq_len), 4),
    )
    return Examples(rows.move(folder), held_out.move(folder), merge(counts, left_out))


@dataclass(frozen=True)
class _Builder:
    """What both sides of the split are made with."""

    cfg: SftConfig
    pool: Pool
    packed: bool
    """Whether several conversations may share a row."""

    def encode(self, texts: Sequence[Conversation], what: str) -> Iterator[Example]:
        return encode_conversations(texts, self.pool.tokenizer, self.cfg.seq_len, what, self.pool.force_tokens)

    def lay_out(self, examples: StoredExamples) -> Layout:
        return pack_rows(examples.lengths, self.cfg.seq_len) if self.packed else lay_rows(len(examples.rows))

    def write(self, examples: StoredExamples, layout: Layout) -> Iterator[PackedRows]:
        pad_id = int(self.pool.tokenizer.pad_token_id)
        return write_rows(examples.rows, layout, self.cfg.seq_len, pad_id, packed=self.packed)

    def save(self, blocks: Iterator[PackedRows], file: Path) -> Samples:
        return save_rows(blocks, "position_ids" if self.packed else "attention_mask", file)
