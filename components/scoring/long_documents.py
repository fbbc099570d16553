"""Beginnings of the run's longer validation documents: what shows how a model's loss falls within one text.

Shapes: R documents, T tokens.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from components.shards.borders import count_positions
from components.shards.order import count_samples, read_samples, spread_samples
from components.shards.reader import ShardSet

WINDOWS_PER_DOCUMENT = 16
"""Places of the split that are looked through for each document that is wanted, at most."""

Ids = npt.NDArray[np.int64]


def read_beginnings(tokens: Path, end_id: int, length: int, count: int) -> Ids:
    """The first `length` tokens of at most `count` validation documents that go on behind them, [R, T].

    Those that come first in stretches which lie evenly over the split; none where no document is so long.
    """
    shards = ShardSet(tokens, "validation")
    stretch = 2 * length
    indices = spread_samples(count_samples(shards.total_tokens, stretch), WINDOWS_PER_DOCUMENT * count)
    found: list[Ids] = []
    for index in indices:
        [row_T] = read_samples(shards, [index], stretch)
        starts = np.flatnonzero(count_positions(row_T[None], end_id)[0] == 0)
        # The first token of a stretch begins no document, but for that of the split.
        for start in starts[starts > 0] if index else starts:
            piece_T = row_T[start : start + length]
            if len(piece_T) == length and not (piece_T == end_id).any():
                found.append(piece_T)
                break
        if len(found) == count:
            break
    return np.stack(found) if found else np.empty((0, length), np.int64)
