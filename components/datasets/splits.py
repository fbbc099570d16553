"""Which rows are held out of training: by a hash of what they say, so that equal rows stay together."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from components.base.rng import draw_uniform


def draw_place(key: Any) -> float:
    """Where a row stands in [0, 1), by what it says alone; the lowest are held out first."""
    return draw_uniform("held out", key)


def hold_out(keys: Sequence[Any], fraction: float) -> list[bool]:
    """Of each row, whether it is held out; of two different rows or more, each side gets at least one.

    A row's place depends on its own key alone, but for the one that fills a side which would be empty: the
    lowest draw is held out first, the highest last.
    """
    return hold_out_drawn(map(draw_place, keys), fraction)


def hold_out_drawn(places: Iterable[float], fraction: float) -> list[bool]:
    """The same for rows of which only their `draw_place` is kept."""
    drawn = np.fromiter(places, np.float64)
    different = np.unique(drawn)
    if len(different) < 2:
        return [False] * len(drawn)
    bound = max(min(fraction, different[-1]), different[1])
    held: list[bool] = (drawn < bound).tolist()
    return held


def hold_out_count(keys: Sequence[Any], count: int) -> list[bool]:
    """The same for a number of rows instead of a share: so many different keys, at most half of them.

    Of equal rows, all count as held out.
    """
    drawn = [draw_place(key) for key in keys]
    different = sorted(set(drawn))
    held = set(different[: min(count, len(different) // 2)])
    return [value in held for value in drawn]
