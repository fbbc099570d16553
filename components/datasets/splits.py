"""Which rows are held out of training: by a hash of what they say, so that equal rows stay together."""

from collections.abc import Sequence
from typing import Any

from components.base.rng import draw_uniform


def hold_out(keys: Sequence[Any], fraction: float) -> list[bool]:
    """Of each row, whether it is held out; of two different rows or more, each side gets at least one.

    A row's place depends on its own key alone, but for the one that fills a side which would be empty: the
    lowest draw is held out first, the highest last.
    """
    drawn = [draw_uniform("held out", key) for key in keys]
    different = sorted(set(drawn))
    if len(different) < 2:
        return [False] * len(keys)
    bound = max(min(fraction, different[-1]), different[1])
    return [value < bound for value in drawn]


def hold_out_count(keys: Sequence[Any], count: int) -> list[bool]:
    """The same for a number of rows instead of a share: so many different keys, at most half of them.

    Of equal rows, all count as held out.
    """
    drawn = [draw_uniform("held out", key) for key in keys]
    different = sorted(set(drawn))
    held = set(different[: min(count, len(different) // 2)])
    return [value in held for value in drawn]
