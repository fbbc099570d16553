"""What is known of each document without its text: enough to compare documents and to count."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from components.base.config import WordProblemsConfig
from components.corpus.cleaning import Cleaner
from components.corpus.config import CorpusConfig
from components.corpus.documents import Document
from components.corpus.duplicates import hash_exact, sign
from components.corpus.reading import Malformed, Read, read_documents

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
    signature: bytes
    file: str
    line: int


FACT_COLUMNS = tuple(field.name for field in fields(Facts))
TEXT_COLUMNS = ("id", "source", "text")


@dataclass(frozen=True)
class Harvester:
    """Turns a read into rows of a table: the facts of each document, and its text."""

    reads: tuple[Read, ...]
    cleaner: Cleaner
    problems: WordProblemsConfig

    def harvest(self, number: int) -> list[dict[str, Any]]:
        """All rows of one read."""
        items = read_documents(self.reads[number], self.problems)
        return [self._record_bad(i) if isinstance(i, Malformed) else self._record(i) for i in items]

    def _record(self, document: Document) -> dict[str, Any]:
        cleaned = self.cleaner.clean(document)
        kept = not cleaned.dropped_by
        cfg = self.cleaner.cfg
        compared = kept and find_threshold(cfg, document.source) is not None
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
            signature=sign(cleaned.text, cfg.minhash).tobytes() if compared else b"",
            file="",
            line=0,
        )
        return vars(facts) | {"text": cleaned.text}

    @staticmethod
    def _record_bad(bad: Malformed) -> dict[str, Any]:
        row = bad.row
        facts = Facts("", bad.source, MALFORMED, row.reason, row.size, 0, False, "{}", "", b"", str(row.path), row.line)
        return vars(facts) | {"text": ""}


def read_facts(row: Mapping[str, Any]) -> Facts:
    """From a row of the table."""
    return Facts(**{name: row[name] for name in FACT_COLUMNS})


def find_threshold(cfg: CorpusConfig, source: str) -> float | None:
    """How alike two documents of a source may be."""
    return next(s.near_duplicate_threshold for s in cfg.sources if s.name == source)
