"""New prompts before they are read: equal ones once, and what several of them begin with before all of them."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from components.generation.blocks import BLOCK_TOKENS, Ints
from components.generation.rows import Rows

WORTH_TOKENS = 128
"""A beginning is read by a pass of its own where that spares so many tokens: the pass reads all weights once more."""
MASK_ENTRIES = 1 << 24
"""Bound on the entries of one mask, a text's tokens by all that it sees, for as many texts as are read together."""


class Prompt(NamedTuple):
    """A text that one or more slots ask for; the first of them reads it."""

    tokens: Ints
    slots: list[int]


class Piece(NamedTuple):
    """The tokens of a text from `start` on, to be read; what stands before them is held already."""

    tokens: Ints
    start: int
    slots: list[int]


def group_prompts(rows: Rows, slots: Sequence[int]) -> list[Prompt]:
    """The different prompts of some slots, in the order in which they are first asked for."""
    found: dict[bytes, Prompt] = {}
    for slot in slots:
        tokens = rows.tokens[slot, : rows.length[slot]]
        found.setdefault(tokens.tobytes(), Prompt(tokens, [])).slots.append(slot)
    return list(found.values())


def find_shared_beginnings(digests: Sequence[Sequence[bytes]]) -> dict[int, int]:
    """Which prompts, by place, had best have so many of their blocks read before all others.

    `digests` holds for each prompt the digests of its whole blocks, which name all that stands before, too.
    """
    readers = Counter(digest for chain in digests for digest in chain)
    counts = [sum(readers[digest] > 1 for digest in chain) for chain in digests]
    read: set[bytes] = set()
    shared: dict[int, int] = {}
    for place in sorted(range(len(digests)), key=lambda i: -counts[i]):
        new = [digest for digest in digests[place][: counts[place]] if digest not in read]
        if sum(readers[digest] - 1 for digest in new) * BLOCK_TOKENS >= WORTH_TOKENS:
            shared[place] = counts[place]
            read.update(new)
    return shared


def group_suffixes(pieces: Sequence[Piece]) -> list[list[int]]:
    """Places of the pieces that stand behind something, so many together as their mask leaves room for."""
    groups: list[list[int]] = []
    width = reach = 0
    for place, piece in enumerate(pieces):
        if not piece.start:
            continue
        width, reach = max(width, len(piece.tokens)), max(reach, piece.start + len(piece.tokens))
        if not groups or (len(groups[-1]) + 1) * width * reach > MASK_ENTRIES:
            groups.append([])
            width, reach = len(piece.tokens), piece.start + len(piece.tokens)
        groups[-1].append(place)
    return groups
