"""Where randomness comes from: seeds and numbers that are pure functions of what they are for."""

import hashlib
import json
from typing import Any

SEED_BITS = 63
"""What NumPy, PyTorch and random take alike, without a sign."""


def derive_seed(seed: int, *names: Any) -> int:
    """A seed of its own for each use of one seed: the same for the same names, unrelated for others.

    Names are JSON-ready data: a use, a step, a place in a list.
    """
    return _hash([seed, *names]) >> (64 - SEED_BITS)


def draw_uniform(*names: Any) -> float:
    """A number in [0, 1) that depends on these names alone: what decides by what a thing says, never by its place."""
    return (_hash(list(names)) >> 11) / (1 << 53)


def _hash(names: list[Any]) -> int:
    canonical = json.dumps(names, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return int.from_bytes(hashlib.blake2b(canonical.encode("utf-8", "surrogatepass"), digest_size=8).digest())
