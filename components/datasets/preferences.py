"""Preference pairs on disk: two Parquet files, and a page that says what they are and which tokenizer's ids they hold.

Any tool that reads Parquet reads them: texts for the eye, token ids for training. A component of the user's own that
takes the place of the stage `preferences` leaves them by `write_preferences`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from components.base.errors import ArtifactError
from components.base.files import read_json, write_json
from components.base.hashing import hash_file

PAGE = "preferences.json"
SIDES = ("train", "heldout")
BATCH_PAIRS = 256
BUFFER_BYTES = 1 << 20
"""Read at a time of each column; without it, a whole row group is."""
SCHEMA = pa.schema(
    [
        ("prompt", pa.string()),
        ("chosen", pa.string()),
        ("rejected", pa.string()),
        ("prompt_tokens", pa.int32()),
        ("chosen_ids", pa.list_(pa.int32())),
        ("rejected_ids", pa.list_(pa.int32())),
    ]
)


@dataclass(frozen=True)
class Pair:
    """Two whole conversations that differ in the answer, as text and as token ids."""

    prompt: str
    chosen: str
    rejected: str
    prompt_tokens: int
    """With so many token ids both sides begin: the prompt, up to where the assistant begins to speak."""
    chosen_ids: list[int]
    rejected_ids: list[int]


@dataclass(frozen=True)
class PreferenceSet:
    """Pairs for training and held-out pairs, no prompt in both."""

    train: list[Pair]
    heldout: list[Pair]
    counts: dict[str, Any] = field(default_factory=dict)
    """How many there are, and what was left out on the way."""


def write_preferences(found: PreferenceSet, folder: Path, tokenizer_sha256: str) -> None:
    """Write the pairs into a folder; `tokenizer_sha256` is the hash of the tokenizer that made the ids."""
    hashes = {}
    for side in SIDES:
        path = folder / f"{side}.parquet"
        pq.write_table(pa.Table.from_pylist([asdict(pair) for pair in getattr(found, side)], SCHEMA), path)
        hashes[path.name] = hash_file(path)
    page = {"tokenizer_sha256": tokenizer_sha256, "counts": found.counts, "files_sha256": hashes}
    write_json(folder / PAGE, page)


@dataclass(frozen=True)
class PairFile:
    """One side of what `write_preferences` wrote: its pairs are read when they are asked for."""

    path: Path

    def __len__(self) -> int:
        return int(pq.read_metadata(self.path).num_rows)

    def read(self) -> list[Pair]:
        """All pairs, in memory."""
        table = pq.read_table(self.path)
        return [Pair(*(row[column.name] for column in fields(Pair))) for row in _take_rows(table)]

    def read_columns(self, *names: str) -> Iterator[list[Any]]:
        """These columns of some pairs at a time, as Arrow arrays."""
        with pq.ParquetFile(self.path, buffer_size=BUFFER_BYTES) as file:
            for batch in file.iter_batches(BATCH_PAIRS, columns=list(names)):
                yield [batch.column(name) for name in names]


@dataclass(frozen=True)
class PreferenceFiles:
    """The files of both sides, and what `PreferenceSet` says of them."""

    train: PairFile
    heldout: PairFile
    counts: dict[str, Any]


def open_preferences(folder: Path, tokenizer_sha256: str) -> PreferenceFiles:
    """What `write_preferences` wrote, checked and not read.

    Raises ArtifactError for pairs of another tokenizer, and for a file that is missing, damaged or of another form.
    """
    page = read_json(folder / PAGE) if (folder / PAGE).is_file() else None
    if not isinstance(page, dict) or not {"tokenizer_sha256", "counts", "files_sha256"} <= set(page):
        raise ArtifactError(f"{folder / PAGE}: the file is missing or is no description of preference pairs")
    if page["tokenizer_sha256"] != tokenizer_sha256:
        raise ArtifactError(f"{folder}: its token ids are another tokenizer's: run the stage preferences again")
    train, heldout = (_open_side(folder / f"{side}.parquet", page["files_sha256"]) for side in SIDES)
    return PreferenceFiles(train, heldout, page["counts"])


def read_preferences(folder: Path, tokenizer_sha256: str) -> PreferenceSet:
    """The same with all pairs in memory."""
    found = open_preferences(folder, tokenizer_sha256)
    return PreferenceSet(found.train.read(), found.heldout.read(), found.counts)


def _open_side(path: Path, hashes: dict[str, str]) -> PairFile:
    if not path.is_file() or hash_file(path) != hashes.get(path.name):
        raise ArtifactError(f"{path}: the file is missing, or not the one that was written")
    if not pq.read_schema(path).equals(SCHEMA):
        raise ArtifactError(f"{path}: its columns are not {', '.join(SCHEMA.names)}")
    return PairFile(path)


def _take_rows(table: Any) -> Sequence[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows
