"""Exact duplicates by a hash of normalised text; near-duplicates by MinHash and LSH (Broder 1997)."""

import hashlib
import zlib
from functools import lru_cache
from typing import Any

import numpy as np
from datasketch import MinHash, MinHashLSH
from numpy.typing import NDArray

from components.corpus.config import MinHashConfig

Signature = NDArray[np.uint32]


def hash_exact(text: str) -> str:
    """Equal for texts that differ in case and white space only."""
    return hashlib.blake2b(" ".join(text.lower().split()).encode(), digest_size=16).hexdigest()


def sign(text: str, cfg: MinHashConfig) -> Signature:
    """MinHash of the text's word shingles."""
    words = text.lower().split()
    last = max(1, len(words) - cfg.shingle_words + 1)
    shingles = {" ".join(words[i : i + cfg.shingle_words]).encode() for i in range(last)}
    signature = _blank(cfg.permutations).copy()
    signature.update_batch(sorted(shingles))
    return np.asarray(signature.hashvalues, dtype=np.uint32)


class NearDuplicates:
    """Texts seen so far; tells which of them a new one repeats."""

    def __init__(self, threshold: float, permutations: int) -> None:
        self._threshold = threshold
        self._index = MinHashLSH(threshold=threshold, num_perm=permutations)
        self._seen: dict[str, Signature] = {}

    def find(self, signature: Signature) -> str | None:
        """The key of a text that is at least as alike as the threshold; LSH proposes, the signatures decide."""
        for key in sorted(self._index.query(_wrap(signature))):
            if np.mean(self._seen[key] == signature) >= self._threshold:
                return str(key)
        return None

    def add(self, key: str, signature: Signature) -> None:
        """Remember a text."""
        self._seen[key] = signature
        self._index.insert(key, _wrap(signature), check_duplication=False)


@lru_cache
def _blank(permutations: int) -> Any:
    return MinHash(num_perm=permutations, seed=1, hashfunc=zlib.crc32)


def _wrap(signature: Signature) -> Any:
    wrapped = _blank(len(signature)).copy()
    wrapped.hashvalues = signature
    return wrapped
