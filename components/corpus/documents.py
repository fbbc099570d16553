"""A document on its way through the corpus."""

import hashlib
from dataclasses import dataclass, field

from components.corpus.config import QualityName


@dataclass(frozen=True)
class Document:
    """A raw text, the source it is from, and where in it: what its id is a hash of."""

    source: str
    origin: str
    text: str
    quality: QualityName

    @property
    def id(self) -> str:
        """The same wherever and whenever it is read."""
        return hashlib.blake2b(f"{self.source}\n{self.origin}".encode(), digest_size=10).hexdigest()


@dataclass(frozen=True)
class Cleaned:
    """A document after all rules that look at one document alone."""

    text: str
    dropped_by: str = ""
    detail: str = ""
    repaired: bool = False
    redactions: dict[str, int] = field(default_factory=dict)
