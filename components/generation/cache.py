"""Keys and values of all running requests in blocks of one table, taken as texts grow and given back as they end.

Shapes: N slots, B rows in one forward, H key-value heads, T positions, D head size, P places (blocks x block size).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor
from transformers import Cache

Ints = npt.NDArray[np.int64]
BLOCK_TOKENS = 32
GROWTH = 1.25
"""The table grows by at least this factor, for growing copies it."""
SCRAP = 0
"""The block that stands for none: empty rows write there, and nobody reads it unmasked."""


@dataclass(frozen=True)
class Prefill:
    """Whole prompts, right-padded: token (row, position) of this forward goes to place `places_P`."""

    rows_P: Tensor
    positions_P: Tensor
    places_P: Tensor


@dataclass(frozen=True)
class Decode:
    """One token for each row, written at its own place; each row attends to the first `kv_len` places of its blocks."""

    places_B: Tensor
    blocks_BN: Tensor
    kv_len: int


class BlockTable:
    """Which blocks each slot holds."""

    def __init__(self, max_slots: int) -> None:
        self.blocks = np.zeros((max_slots, 1), np.int64)
        self.held = np.zeros(max_slots, np.int64)
        self.capacity = 1
        self._free: list[int] = []

    def extend(self, slot: int, tokens: int) -> None:
        """Give a slot as many blocks as so many tokens need."""
        needed = count_blocks(tokens)
        width = self.blocks.shape[1]
        if needed > width:
            self.blocks = np.pad(self.blocks, ((0, 0), (0, max(needed - width, width))))
        for index in range(int(self.held[slot]), needed):
            if not self._free:
                self._free.append(self.capacity)
                self.capacity += 1
            self.blocks[slot, index] = self._free.pop()
        self.held[slot] = max(needed, int(self.held[slot]))

    def release(self, slots: Ints) -> None:
        """Take all blocks of some slots back."""
        for slot in slots.tolist():
            self._free += self.blocks[slot, : self.held[slot]].tolist()
        self.blocks[slots] = SCRAP
        self.held[slots] = 0

    def move(self, source: Ints, target: Ints) -> None:
        """Hand blocks from slots to empty ones: nothing is copied but their numbers."""
        self.blocks[target], self.held[target] = self.blocks[source], self.held[source]
        self.blocks[source], self.held[source] = SCRAP, 0

    def places(self, slots: Ints, positions: Ints) -> Ints:
        """Places in the table, for slots and positions of one shape."""
        return self.blocks[slots, positions // BLOCK_TOKENS] * BLOCK_TOKENS + positions % BLOCK_TOKENS


class SlotCache(Cache):  # type: ignore[misc]
    """A transformers Cache over slots; `plan` tells the next forward where to write.

    Positions lie before heads in memory, so that one decode write is one row of a flat table, and a block one piece.
    """

    def __init__(self, max_slots: int, max_tokens: int | None) -> None:
        super().__init__(layers=[])
        self._max_places = None if max_tokens is None else (1 + count_blocks(max_tokens)) * BLOCK_TOKENS
        self.table = BlockTable(max_slots)
        self.plan: Prefill | Decode | None = None
        self._keys: dict[int, Tensor] = {}
        self._values: dict[int, Tensor] = {}

    @property
    def reserved_bytes(self) -> int:
        """Memory held for keys and values."""
        return sum(table.nbytes for tables in (self._keys, self._values) for table in tables.values())

    @property
    def token_bytes(self) -> int:
        """What one token costs in all layers; known after the first forward."""
        return sum(table[0].nbytes for tables in (self._keys, self._values) for table in tables.values())

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *args: object, **kwargs: object
    ) -> tuple[Tensor, Tensor]:
        """Write this forward's keys and values [B, H, T, D]; return those to attend to."""
        keys = self._ready(self._keys, layer_idx, key_states)
        values = self._ready(self._values, layer_idx, value_states)
        match self.plan:
            case Prefill(rows_P, positions_P, places_P):
                keys.index_copy_(0, places_P, key_states.transpose(1, 2)[rows_P, positions_P])
                values.index_copy_(0, places_P, value_states.transpose(1, 2)[rows_P, positions_P])
                return key_states, value_states
            case Decode(places_B, blocks_BN, kv_len):
                keys.index_copy_(0, places_B, key_states.squeeze(2))
                values.index_copy_(0, places_B, value_states.squeeze(2))
                return _gather(keys, blocks_BN, kv_len), _gather(values, blocks_BN, kv_len)
            case None:
                raise RuntimeError("SlotCache.update needs a plan")

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Only asked for in a prefill, which begins every row at zero."""
        return 0

    def get_mask_sizes(self, query_length: int, layer_idx: int) -> tuple[int, int]:
        """Only asked for in a prefill: the prompt sees itself and nothing else."""
        return query_length, 0

    def _ready(self, tables: dict[int, Tensor], layer: int, states: Tensor) -> Tensor:
        """A layer's table [P, H, D], large enough for every block that was handed out.

        Zeros, not empty memory: a NaN under a mask would still poison the weighted sum.
        """
        old, needed = tables.get(layer), self.table.capacity * BLOCK_TOKENS
        if old is not None and len(old) >= needed:
            return old
        places = needed if old is None else max(needed, count_blocks(int(GROWTH * len(old))) * BLOCK_TOKENS)
        if self._max_places is not None:
            places = max(needed, min(places, self._max_places))
        table = states.new_zeros(places, states.shape[1], states.shape[3])
        if old is not None:
            table[: len(old)] = old
        tables[layer] = table
        return table


def count_blocks(tokens: int) -> int:
    """Blocks that hold so many tokens."""
    return -(-tokens // BLOCK_TOKENS)


def _gather(table_PHD: Tensor, blocks_BN: Tensor, kv_len: int) -> Tensor:
    """Each row's places side by side, [B, H, T, D]."""
    blocks = table_PHD.view(-1, BLOCK_TOKENS, *table_PHD.shape[1:])
    rows = blocks.index_select(0, blocks_BN.flatten()).view(len(blocks_BN), -1, *table_PHD.shape[1:])
    return rows[:, :kv_len].transpose(1, 2)
