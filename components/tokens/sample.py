"""Documents of the corpus, and an even sample of them to train a tokenizer on."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from components.base.errors import ArtifactError
from components.datasets.rows import BadRow, Row, find_files, read_rows

FIELDS = ("text", "source", "id")


def read_documents(path: Path) -> Iterator[Row]:
    """Documents of a corpus file or folder; raises ArtifactError that names file, line and reason."""
    for row in read_rows(path, "jsonl", required=FIELDS):
        if isinstance(row, BadRow):
            raise ArtifactError(str(row))
        yield row


def sample_texts(folder: Path, *, limit_bytes: int, seed: int) -> Iterator[str]:
    """Texts of about `limit_bytes` of documents; each is in or out by a hash of its own id.

    So the sample is the same however the documents are ordered or cut into files.
    """
    share = limit_bytes / max(1, sum(file.stat().st_size for file in find_files(folder)))
    for row in read_documents(folder):
        if share >= 1 or _draw(row.fields["id"], seed) < share:
            yield row.fields["text"]


def _draw(name: str, seed: int) -> float:
    """A uniform number in [0, 1) that depends on the name and the seed only."""
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / (1 << 56)
