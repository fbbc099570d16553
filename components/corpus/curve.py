"""How many near-duplicates the bands find, by how alike a pair is: by the formula, and of planted pairs."""

import numpy as np

from components.corpus.banding import Bands, sign
from components.metrics.data import CurvePoint

LIKENESSES = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
PAIRS = 500
SHINGLES = 200
"""What a pair holds together; a multiple of 20, so that each likeness is exact."""


def measure_curve(bands: Bands) -> list[CurvePoint]:
    """For each likeness the share of pairs that become candidates: by the formula and of 500 planted pairs.

    A planted pair is two sets of random shingles with exactly that Jaccard index; the draw is the same in each run.
    """
    draw = np.random.RandomState(0)  # the one generator whose stream NumPy promises never to change
    return [_measure(bands, likeness, draw) for likeness in LIKENESSES]


def _measure(bands: Bands, likeness: float, draw: np.random.RandomState) -> CurvePoint:
    found = 0
    shared = round(likeness * SHINGLES)
    for _ in range(PAIRS):
        shingles = draw.randint(0, 1 << 64, size=SHINGLES, dtype=np.uint64)
        common, rest = shingles[:shared], shingles[shared:]
        left = np.concatenate([common, rest[: len(rest) // 2]])
        right = np.concatenate([common, rest[len(rest) // 2 :]])
        found += bool((sign(left, bands) == sign(right, bands)).any())
    return CurvePoint(
        jaccard=likeness,
        theory=round(bands.find_chance(likeness), 4),
        measured=round(found / PAIRS, 4),
        pairs=PAIRS,
    )
