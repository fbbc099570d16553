"""What is known of each document without its text: enough to compare documents and to count."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from components.corpus.banding import Bands, choose_bands, sign
from components.corpus.cleaning import Cleaner
from components.corpus.config import CorpusConfig, MinHashConfig
from components.corpus.documents import Document
from components.corpus.duplicates import hash_exact
from components.corpus.sources import Malformed, ReadTask, read_documents
from components.tasks.config import SharedConfig
from components.text.shingles import cut_shingles

MALFORMED = "malformed"


@dataclass(frozen=True)
class DocumentStats:
    """One document or broken row. `file` and `line` are set for a broken row only."""

    id: str
    source: str
    dropped_by: str
    detail: str
    bytes_in: int
    bytes_out: int
    repaired: bool
    redactions: str
    exact_hash: str
    bands: bytes
    file: str
    line: int


STATS_COLUMNS = tuple(field.name for field in fields(DocumentStats))
TEXT_COLUMNS = ("id", "source", "text")


@dataclass(frozen=True)
class DocumentProcessor:
    """Turns a read task into rows of a table: the statistics of each document, and its text."""

    tasks: tuple[ReadTask, ...]
    cleaner: Cleaner
    shared: SharedConfig

    def process(self, number: int) -> Iterator[dict[str, Any]]:
        """All rows of one read."""
        for item in read_documents(self.tasks[number], self.shared):
            yield self._record_bad(item) if isinstance(item, Malformed) else self._record(item)

    @cached_property
    def _bands(self) -> dict[str, Bands]:
        return {
            source: choose_bands(limit, self._minhash) for source, limit in find_thresholds(self.cleaner.cfg).items()
        }

    @cached_property
    def _minhash(self) -> MinHashConfig:
        return self.cleaner.cfg.minhash

    def _record(self, document: Document) -> dict[str, Any]:
        cleaned = self.cleaner.clean(document)
        kept = not cleaned.dropped_by
        bands = self._bands.get(document.source) if kept else None
        stats = DocumentStats(
            id=document.id,
            source=document.source,
            dropped_by=cleaned.dropped_by,
            detail=cleaned.detail,
            bytes_in=len(document.text.encode()),
            bytes_out=len(cleaned.text.encode()),
            repaired=cleaned.repaired,
            redactions=json.dumps(cleaned.redactions) if kept else "{}",
            exact_hash=hash_exact(cleaned.text) if kept else "",
            bands=self._sign(cleaned.text, bands) if bands else b"",
            file="",
            line=0,
        )
        return vars(stats) | {"text": cleaned.text}

    def _sign(self, text: str, bands: Bands) -> bytes:
        return sign(cut_shingles(text, self._minhash.shingle_words), bands).astype("<u8").tobytes()

    @staticmethod
    def _record_bad(bad: Malformed) -> dict[str, Any]:
        row = bad.row
        stats = DocumentStats(
            "", bad.source, MALFORMED, row.reason, row.size, 0, False, "{}", "", b"", str(row.path), row.line
        )
        return vars(stats) | {"text": ""}


def read_stats(row: Mapping[str, Any]) -> DocumentStats:
    """From a row of the table."""
    return DocumentStats(**{name: row[name] for name in STATS_COLUMNS})


def find_thresholds(cfg: CorpusConfig) -> dict[str, float]:
    """From when on two documents of a source count as one, for the sources that are searched for such."""
    limits = {source.name: source.near_duplicate_threshold for source in cfg.sources}
    return {name: limit for name, limit in limits.items() if limit is not None}
