"""Which tokens of many texts are read once: prefixes that items share, and choices behind one context as a tree.

Pure planning, without a model. Shapes: N nodes of a tree, one a token, each behind its parent.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
MIN_SHARED = 32
"""A shared prefix is read by itself from so many tokens on."""
MIN_SAVED = 128
"""And where it saves so many."""


@dataclass(frozen=True)
class Text:
    """A continuation's tokens behind those of its context; the last one is only predicted, never read."""

    context: Sequence[int]
    continuation: Sequence[int]

    @property
    def read(self) -> list[int]:
        """All tokens that the model reads."""
        return [*self.context, *self.continuation[:-1]]


@dataclass(frozen=True)
class Family:
    """Texts, by their places, that begin with the same `shared` tokens; each context goes on beyond them."""

    shared: int
    places: tuple[int, ...]


@dataclass
class Tree:
    """Texts of a family, their own parts: nodes in the order of a walk down, so that a subtree is one piece."""

    shared: int
    tokens: list[int] = field(default_factory=list)
    depths: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    """Where each node's subtree ends."""
    paths: dict[int, list[int]] = field(default_factory=dict)
    """Of each text, by its place, the nodes at which its continuation is predicted."""
    _path: list[int] = field(default_factory=list)

    def count_new(self, read: Sequence[int]) -> int:
        """Nodes that a text would add."""
        return len(read) - self.shared - self._count_common(read)

    def add(self, place: int, read: Sequence[int], predicted: int) -> None:
        """Take in a text; only what the last one has too is shared, so come in sorted order."""
        common = self._count_common(read)
        del self._path[common:]
        for depth in range(self.shared + common, len(read)):
            self._path.append(len(self.tokens))
            self.tokens.append(read[depth])
            self.depths.append(depth)
            self.ends.append(len(self.tokens))
        for node in self._path:
            self.ends[node] = len(self.tokens)
        self.paths[place] = self._path[len(self._path) - predicted :]

    def see(self) -> npt.NDArray[np.bool_]:
        """Who sees whom, [N, N]: each node itself and all above it."""
        nodes = np.arange(len(self.tokens))
        return (nodes[None] <= nodes[:, None]) & (nodes[:, None] < np.asarray(self.ends)[None])

    def _count_common(self, read: Sequence[int]) -> int:
        count = 0
        for node, token in zip(self._path, read[self.shared :], strict=False):
            if self.tokens[node] != token:
                break
            count += 1
        return count


def find_families(texts: Sequence[Text]) -> list[Family]:
    """Every text in one family, each family's in the order of their tokens; those that share little share nothing."""
    arrays = [np.asarray(text.read, dtype=">u4") for text in texts]
    order = sorted(range(len(texts)), key=lambda place: arrays[place].tobytes())
    families: list[Family] = []
    loose: list[int] = []
    for shared, places in _gather(order, texts, arrays):
        contexts = len({tuple(texts[place].context[shared:]) for place in places})
        if shared * (contexts - 1) >= MIN_SAVED:
            families.append(Family(shared, tuple(places)))
        else:
            loose += places
    return [*families, Family(0, tuple(loose))] if loose else families


def _gather(order: Sequence[int], texts: Sequence[Text], arrays: Sequence[Ints]) -> Iterator[tuple[int, list[int]]]:
    """Neighbours that share at least half of what those before them share."""
    shared, places = 0, list(order[:1])
    if places:
        shared = len(texts[places[0]].context) - 1
    for before, place in pairwise(order):
        room = len(texts[place].context) - 1
        common = min(shared, room, count_common(arrays[before], arrays[place]))
        if common >= MIN_SHARED and 2 * common >= shared:
            shared = common
            places.append(place)
        else:
            yield shared, places
            shared, places = room, [place]
    if places:
        yield shared, places


def count_common(first: Ints, second: Ints) -> int:
    """How many tokens two texts begin with alike."""
    size = min(len(first), len(second))
    differs = first[:size] != second[:size]
    return int(differs.argmax()) if differs.any() else size


def grow_trees(family: Family, texts: Sequence[Text], *, max_nodes: int, max_predicted: int) -> Iterator[Tree]:
    """Trees of at most so many nodes and predicted tokens; one text alone may have more."""
    tree, predicted = Tree(family.shared), 0
    for place in family.places:
        read, own = texts[place].read, len(texts[place].continuation)
        full = len(tree.tokens) + tree.count_new(read) > max_nodes or predicted + own > max_predicted
        if tree.paths and full:
            yield tree
            tree, predicted = Tree(family.shared), 0
        tree.add(place, read, own)
        predicted += own
    if tree.paths:
        yield tree
