"""Which split a question may appear in: a pure function of its text, so that splits cannot meet."""

import hashlib
import re
from typing import Literal

Split = Literal["corpus", "sft", "preference", "prompts", "evaluation"]

_SHARES: dict[Split, int] = {"evaluation": 2, "prompts": 2, "preference": 2, "sft": 4, "corpus": 6}
_OWNERS: tuple[Split, ...] = tuple(split for split, share in _SHARES.items() for _ in range(share))
_NOISE = re.compile(r"[^a-z0-9]+")


def normalise(text: str) -> str:
    """Lower case, words and numbers only: what makes two questions the same question."""
    return _NOISE.sub(" ", text.lower()).strip()


def owner_of(question: str) -> Split:
    """The only split in which this question is ever generated."""
    digest = hashlib.blake2b(normalise(question).encode(), digest_size=4).digest()
    return _OWNERS[int.from_bytes(digest) % len(_OWNERS)]
