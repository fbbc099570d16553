"""Which blocks of keys and values each slot holds, what text they were read from, and who else reads them.

A whole block of a prompt is known by the digest of all tokens up to its end, so that a later prompt which begins alike
takes it over unread (vLLM's prefix caching, Kwon et al. 2023). Nobody writes to a block that two slots hold: what is
written stands behind a text's end, in blocks of its own.
"""

from collections.abc import Sequence
from hashlib import sha256

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
BLOCK_TOKENS = 32
SCRAP = 0
"""The block that stands for none: empty rows write there, and nobody reads it unmasked."""


class BlockTable:
    """Blocks of all slots, taken as texts grow.

    Blocks of prompts stay known when the last slot lets go of them: until they are needed for something else or, with
    `keep_idle`, until there are `max_blocks`.
    """

    def __init__(self, max_slots: int, max_blocks: int | None = None, *, keep_idle: bool = False) -> None:
        self.blocks = np.zeros((max_slots, 1), np.int64)
        self.held = np.zeros(max_slots, np.int64)
        self.capacity = 1
        self._grows_first = max_blocks if keep_idle and max_blocks is not None else 0
        self._readers = [0]
        self._free: list[int] = []
        self._idle: dict[int, None] = {}
        self._block_of: dict[bytes, int] = {}
        self._digest_of: dict[int, bytes] = {}

    def extend(self, slot: int, tokens: int) -> None:
        """Give a slot as many blocks as so many tokens need."""
        needed = count_blocks(tokens)
        self._widen(needed)
        for index in range(int(self.held[slot]), needed):
            self.blocks[slot, index] = block = self._take_block()
            self._readers[block] = 1
        self.held[slot] = max(needed, int(self.held[slot]))

    def adopt(self, slot: int, blocks: Sequence[int]) -> None:
        """Let a slot begin with blocks that others have written; those that it holds already are these."""
        start = int(self.held[slot])
        self._widen(len(blocks))
        for index in range(start, len(blocks)):
            self.blocks[slot, index] = block = blocks[index]
            self._readers[block] += 1
            self._idle.pop(block, None)
        self.held[slot] = max(start, len(blocks))

    def remember(self, slot: int, digests: Sequence[bytes]) -> None:
        """Say what a slot's first blocks were read from; a text that is known already stays where it is."""
        for block, digest in zip(self.blocks[slot].tolist(), digests, strict=False):
            if digest not in self._block_of and block not in self._digest_of:
                self._block_of[digest], self._digest_of[block] = block, digest

    def find(self, digests: Sequence[bytes]) -> list[int]:
        """The blocks of the longest known beginning of a text."""
        found = []
        for digest in digests:
            block = self._block_of.get(digest)
            if block is None:
                break
            found.append(block)
        return found

    def release(self, slots: Ints) -> None:
        """Take all blocks of some slots back, but for those that others hold."""
        for slot in slots.tolist():
            # The end of a text is forgotten before its beginning, which more texts share.
            for block in reversed(self.blocks[slot, : self.held[slot]].tolist()):
                self._readers[block] -= 1
                if self._readers[block]:
                    continue
                if block in self._digest_of:
                    self._idle[block] = None
                else:
                    self._free.append(block)
        self.blocks[slots] = SCRAP
        self.held[slots] = 0

    def move(self, source: Ints, target: Ints) -> None:
        """Hand blocks from slots to empty ones: nothing is copied but their numbers."""
        self.blocks[target], self.held[target] = self.blocks[source], self.held[source]
        self.blocks[source], self.held[source] = SCRAP, 0

    def places(self, slots: Ints, positions: Ints) -> Ints:
        """Places in the table, for slots and positions of one shape."""
        return self.blocks[slots, positions // BLOCK_TOKENS] * BLOCK_TOKENS + positions % BLOCK_TOKENS

    def _take_block(self) -> int:
        if self._free:
            return self._free.pop()
        if self._idle and self.capacity >= self._grows_first:
            oldest = next(iter(self._idle))
            del self._idle[oldest], self._block_of[self._digest_of.pop(oldest)]
            return oldest
        self._readers.append(0)
        self.capacity += 1
        return self.capacity - 1

    def _widen(self, needed: int) -> None:
        width = self.blocks.shape[1]
        if needed > width:
            self.blocks = np.pad(self.blocks, ((0, 0), (0, max(needed - width, width))))


def count_blocks(tokens: int) -> int:
    """Blocks that hold so many tokens."""
    return -(-tokens // BLOCK_TOKENS)


def digest_blocks(tokens: Ints) -> list[bytes]:
    """For each whole block of a text, SHA-256 of all tokens up to its end."""
    text, digests = sha256(), []
    for start in range(0, len(tokens) - BLOCK_TOKENS + 1, BLOCK_TOKENS):
        text.update(tokens[start : start + BLOCK_TOKENS].tobytes())
        digests.append(text.digest())
    return digests
