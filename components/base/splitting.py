"""Which rows are held out of training: by a hash of what they say, so that equal rows stay together."""

from collections.abc import Sequence
from typing import Any

from components.base.hashing import hash_data

WHOLE = 2**32


def hold_out(keys: Sequence[Any], fraction: float) -> list[bool]:
    """Of each row, whether it is held out; of two different rows or more, each side gets at least one.

    A row's place depends on its own key alone, but for the one that fills a side which would be empty: the
    lowest hash is held out first, the highest last.
    """
    hashes = [_hash(key) for key in keys]
    if len(set(hashes)) < 2:
        return [False] * len(keys)
    bound = max(min(fraction * WHOLE, max(hashes)), min(hashes) + 1)
    return [value < bound for value in hashes]


def hold_out_count(keys: Sequence[Any], count: int) -> list[bool]:
    """The same for a number of rows instead of a share: so many different keys, at most half of them.

    Of equal rows, all count as held out.
    """
    hashes = [_hash(key) for key in keys]
    different = sorted(set(hashes))
    held = set(different[: min(count, len(different) // 2)])
    return [value in held for value in hashes]


def _hash(key: Any) -> int:
    return int(hash_data(key)[:8], 16)
