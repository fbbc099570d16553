"""MinHash signatures cut into bands: two texts are a candidate pair when any band of theirs is equal.

Of two sets with the Jaccard index s, a band of r rows is equal with probability s^r, and at least one of b bands
with 1 − (1 − s^r)^b (Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, section 3.4).
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from components.corpus.config import MinHashConfig
from components.text.shingles import Numbers, hash_rows

BLOCK_SHINGLES = 1024


@dataclass(frozen=True)
class Bands:
    """How a signature is cut."""

    count: int
    rows: int

    def find_chance(self, likeness: float) -> float:
        """How often a pair as alike as this becomes a candidate."""
        return float(1 - (1 - likeness**self.rows) ** self.count)


@lru_cache(maxsize=64)
def choose_bands(threshold: float, cfg: MinHashConfig) -> Bands:
    """The longest bands, so the fewest candidates in vain, that still find `min_recall` of the pairs at the threshold.

    Where the permutations do not suffice for that, bands of one row find the most.
    """
    cuts = [Bands(cfg.permutations // rows, rows) for rows in range(cfg.permutations, 0, -1)]
    return next((cut for cut in cuts if cut.find_chance(threshold) >= cfg.min_recall), cuts[-1])


def sign(shingles: Numbers, bands: Bands) -> Numbers:
    """One number a band: equal for two sets when all minima of the band are."""
    factors, offsets = _draw_permutations(bands.count * bands.rows)
    least = np.full(len(factors), np.iinfo(np.uint64).max, dtype=np.uint64)
    # Blocks keep the table of all permutations of all shingles in the processor's cache, and a book out of memory.
    for start in range(0, len(shingles), BLOCK_SHINGLES):
        table = shingles[start : start + BLOCK_SHINGLES, None] * factors + offsets
        np.minimum(least, table.min(axis=0), out=least)
    return hash_rows(least.reshape(bands.count, bands.rows), np.arange(bands.count, dtype=np.uint64))


@lru_cache(maxsize=8)
def _draw_permutations(count: int) -> tuple[Numbers, Numbers]:
    """Maps x → ax + b modulo 2^64 with odd a: permutations of all 64-bit numbers, the same everywhere."""
    digests = [hashlib.blake2b(f"permutation {i}".encode(), digest_size=16).digest() for i in range(count)]
    drawn: NDArray[np.uint64] = np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64).reshape(count, 2)
    return drawn[:, 0] | np.uint64(1), drawn[:, 1].copy()
