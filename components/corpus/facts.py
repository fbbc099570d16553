"""What is known of each document without its text: enough to compare documents and to count."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from components.base.config import SharedConfig
from components.corpus.banding import Bands, choose_bands, sign
from components.corpus.cleaning import Cleaner
from components.corpus.config import CorpusConfig, MinHashConfig
from components.corpus.documents import Document
from components.corpus.duplicates import hash_exact
from components.corpus.reading import Malformed, Read, read_documents
from components.corpus.shingles import cut_shingles

MALFORMED = "malformed"


@dataclass(frozen=True)
class Facts:
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


FACT_COLUMNS = tuple(field.name for field in fields(Facts))
TEXT_COLUMNS = ("id", "source", "text")


@dataclass(frozen=True)
class Harvester:
    """Turns a read into rows of a table: the facts of each document, and its text."""

    reads: tuple[Read, ...]
    cleaner: Cleaner
    shared: SharedConfig

    def harvest(self, number: int) -> Iterator[dict[str, Any]]:
        """All rows of one read."""
        for item in read_documents(self.reads[number], self.shared):
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
        facts = Facts(
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
        return vars(facts) | {"text": cleaned.text}

    def _sign(self, text: str, bands: Bands) -> bytes:
        return sign(cut_shingles(text, self._minhash.shingle_words), bands).astype("<u8").tobytes()

    @staticmethod
    def _record_bad(bad: Malformed) -> dict[str, Any]:
        row = bad.row
        facts = Facts("", bad.source, MALFORMED, row.reason, row.size, 0, False, "{}", "", b"", str(row.path), row.line)
        return vars(facts) | {"text": ""}


def read_facts(row: Mapping[str, Any]) -> Facts:
    """From a row of the table."""
    return Facts(**{name: row[name] for name in FACT_COLUMNS})


def find_thresholds(cfg: CorpusConfig) -> dict[str, float]:
    """From when on two documents of a source count as one, for the sources that are searched for such."""
    limits = {source.name: source.near_duplicate_threshold for source in cfg.sources}
    return {name: limit for name, limit in limits.items() if limit is not None}
