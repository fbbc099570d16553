"""Examples and packed rows in files of the run's own: what is many lies on disk, and a block of it in memory.

Shapes: R rows of T tokens.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from components.datasets.arrow_rows import RowFile, StoredRows, create_rows, list_rows
from components.sft.packing import Example, PackedRows
from components.training.fine_tuning import Samples

EXAMPLE = pa.schema([("input_ids", pa.list_(pa.int32())), ("mask", pa.list_(pa.bool_()))])


@dataclass(frozen=True)
class StoredExamples:
    """Examples that are read when they are asked for, and what is known of them all."""

    rows: Sequence[Example]
    lengths: npt.NDArray[np.int32]
    """Tokens of each."""
    answer_tokens: int
    """Tokens that are learned, of all together."""


def store_examples(examples: Iterable[Example], file: Path) -> StoredExamples:
    """Write them one by one."""
    answer_tokens = 0
    with create_rows(file, EXAMPLE) as writer:
        for example in examples:
            writer.add(example.input_ids, example.mask)
            answer_tokens += int(example.mask.sum())
    stored = StoredRows(RowFile(file), _read_example)
    lengths = np.fromiter((len(example.input_ids) for example in stored), np.int32, len(stored))
    return StoredExamples(stored, lengths, answer_tokens)


def _read_example(rows: RowFile, row: int) -> Example:
    return Example(rows.numbers("input_ids", row), rows.numbers("mask", row))


def save_rows(blocks: Iterable[PackedRows], border: str, file: Path) -> Samples:
    """Write blocks of packed rows, in the form that workers read; `border` is the third column's name."""
    columns = ("input_ids", "labels", border)
    useful_tokens = 0
    with create_rows(file, pa.schema([(name, pa.list_(pa.int32())) for name in columns])) as writer:
        for block in blocks:
            useful_tokens += block.useful_tokens
            writer.write(*(list_rows(table) for table in (block.input_ids_RT, block.labels_RT, block.borders[border])))
        return Samples(file, writer.rows, useful_tokens)


def read_rows(file: Path, size: int) -> Iterator[dict[str, npt.NDArray[np.int32]]]:
    """The columns [R, T] of so many rows at a time."""
    return RowFile(file).blocks(size)
