"""Preference pairs on disk: two Parquet files, and a page that says what they are and which tokenizer's ids they hold.

Any tool that reads Parquet reads them: texts for the eye, token ids for training. A component of the user's own that
takes the place of the stage `preferences` leaves them by `write_preferences`.
"""

from collections.abc import Sequence
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


def read_preferences(folder: Path, tokenizer_sha256: str) -> PreferenceSet:
    """Read what `write_preferences` wrote.

    Raises ArtifactError for pairs of another tokenizer, and for a file that is missing, damaged or of another form.
    """
    page = read_json(folder / PAGE) if (folder / PAGE).is_file() else None
    if not isinstance(page, dict) or not {"tokenizer_sha256", "counts", "files_sha256"} <= set(page):
        raise ArtifactError(f"{folder / PAGE}: the file is missing or is no description of preference pairs")
    if page["tokenizer_sha256"] != tokenizer_sha256:
        raise ArtifactError(f"{folder}: its token ids are another tokenizer's: run the stage preferences again")
    train, heldout = (_read_side(folder / f"{side}.parquet", page["files_sha256"]) for side in SIDES)
    return PreferenceSet(train, heldout, page["counts"])


def _read_side(path: Path, hashes: dict[str, str]) -> list[Pair]:
    if not path.is_file() or hash_file(path) != hashes.get(path.name):
        raise ArtifactError(f"{path}: the file is missing, or not the one that was written")
    table = pq.read_table(path)
    if not table.schema.equals(SCHEMA):
        raise ArtifactError(f"{path}: its columns are not {', '.join(SCHEMA.names)}")
    return [Pair(*(row[column.name] for column in fields(Pair))) for row in _take_rows(table)]


def _take_rows(table: Any) -> Sequence[dict[str, Any]]:
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows
