"""Exact duplicates by a hash of normalised text; near-duplicates by bands that propose and shingles that decide."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.text.shingles import Numbers, measure_likeness

ShingleReader = Callable[[frozenset[str]], Mapping[str, Numbers]]
"""Shingle sets of the documents with these ids."""


@dataclass(frozen=True)
class Signed:
    """A document as near-duplicates are found among: its id, its size, and a number for each of its bands."""

    id: str
    size: int
    bands: bytes


@dataclass(frozen=True)
class Twins:
    """What was found: by the id of a document that goes, the one that it nearly equals and how nearly."""

    survivors: dict[str, tuple[str, float]]
    compared: int
    """Pairs whose shingles were compared."""


def hash_exact(text: str) -> str:
    """Equal for texts that differ in case and white space only."""
    return hashlib.blake2b(" ".join(text.lower().split()).encode(), digest_size=16).hexdigest()


def find_twins(documents: Iterable[Signed], threshold: float, read_shingles: ShingleReader) -> Twins:
    """Documents at least as alike as the threshold to one that stays.

    Taken from the longest to the shortest, and of equal length by id, a document stays unless one that stays is
    its direct neighbour: so the outcome depends on the set of documents alone, and no chain of small differences
    takes what is unlike every survivor.
    """
    ranked = sorted(documents, key=lambda document: (-document.size, document.id))
    if not ranked:
        return Twins({}, 0)
    buckets = _share_buckets(np.frombuffer(b"".join(d.bands for d in ranked), dtype="<u8").reshape(len(ranked), -1))
    proposed = [rank for rank in range(len(ranked)) if (buckets[rank] >= 0).any()]
    shingles = read_shingles(frozenset(ranked[rank].id for rank in proposed))
    staying: dict[int, list[int]] = {}
    found: dict[str, tuple[str, float]] = {}
    compared = 0
    for rank in proposed:
        own = [bucket for bucket in buckets[rank].tolist() if bucket >= 0]
        rivals = sorted({rival for bucket in own for rival in staying.get(bucket, ())})
        twin, looked = _find_twin(ranked, rank, rivals, threshold, shingles)
        compared += looked
        if twin:
            found[ranked[rank].id] = twin
        else:
            for bucket in own:
                staying.setdefault(bucket, []).append(rank)
    return Twins(found, compared)


def _find_twin(
    ranked: Sequence[Signed], rank: int, rivals: list[int], threshold: float, shingles: Mapping[str, Numbers]
) -> tuple[tuple[str, float] | None, int]:
    own = shingles[ranked[rank].id]
    looked = 0
    for rival in rivals:
        other = shingles[ranked[rival].id]
        # Two sets share no more than the smaller one holds.
        if min(own.size, other.size) / max(own.size, other.size) < threshold:
            continue
        looked += 1
        likeness = measure_likeness(own, other)
        if likeness >= threshold:
            return (ranked[rival].id, likeness), looked
    return None, looked


def _share_buckets(bands: NDArray[np.uint64]) -> NDArray[np.int64]:
    """For each document and band the bucket it shares with others, numbered over all bands; −1 where it is alone."""
    buckets = np.full(bands.shape, -1, dtype=np.int64)
    for column in range(bands.shape[1]):
        _, inverse, counts = np.unique(bands[:, column], return_inverse=True, return_counts=True)
        shared = counts[inverse] > 1
        buckets[shared, column] = inverse[shared] + column * len(bands)
    return buckets
