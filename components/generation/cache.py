"""Keys and values of all running requests in blocks of one table, taken as texts grow and given back as they end.

Shapes: N slots, B rows in one forward, H key-value heads, T positions, D head size, P places (blocks x block size).
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import Cache

from components.generation.blocks import BLOCK_TOKENS, BlockTable, count_blocks

GROWTH = 1.25
"""The table grows by at least this factor, for growing copies it."""


@dataclass(frozen=True)
class Prefill:
    """Whole prompts, right-padded: token (row, position) of this forward goes to place `places_P`."""

    rows_P: Tensor
    positions_P: Tensor
    places_P: Tensor


@dataclass(frozen=True)
class Suffix:
    """The same behind what rows hold already: each row attends to the first `kv_len` places of its blocks."""

    rows_P: Tensor
    positions_P: Tensor
    places_P: Tensor
    blocks_BN: Tensor
    kv_len: int


@dataclass(frozen=True)
class Decode:
    """One token for each row, written at its own place; each row attends as in `Suffix`."""

    places_B: Tensor
    blocks_BN: Tensor
    kv_len: int


class SlotCache(Cache):  # type: ignore[misc]
    """A transformers Cache over slots; `plan` tells the next forward where to write.

    Positions lie before heads in memory, so that one decode write is one row of a flat table, and a block one piece.
    """

    def __init__(self, max_slots: int, max_tokens: int | None, *, keep_idle: bool = False) -> None:
        super().__init__(layers=[])
        max_blocks = None if max_tokens is None else 1 + count_blocks(max_tokens)
        self._max_places = None if max_blocks is None else max_blocks * BLOCK_TOKENS
        self.table = BlockTable(max_slots, max_blocks, keep_idle=keep_idle)
        self.plan: Prefill | Suffix | Decode | None = None
        self._keys: dict[int, Tensor] = {}
        self._values: dict[int, Tensor] = {}
        self._scratch: list[Tensor | None] = [None, None]

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
            case Suffix(rows_P, positions_P, places_P, blocks_BN, kv_len):
                keys.index_copy_(0, places_P, key_states.transpose(1, 2)[rows_P, positions_P])
                values.index_copy_(0, places_P, value_states.transpose(1, 2)[rows_P, positions_P])
                return self._gather(keys, blocks_BN, kv_len, 0), self._gather(values, blocks_BN, kv_len, 1)
            case Decode(places_B, blocks_BN, kv_len):
                keys.index_copy_(0, places_B, key_states.squeeze(2))
                values.index_copy_(0, places_B, value_states.squeeze(2))
                return self._gather(keys, blocks_BN, kv_len, 0), self._gather(values, blocks_BN, kv_len, 1)
            case None:
                raise RuntimeError("SlotCache.update needs a plan")

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Only asked for in a prefill, which begins every row at zero: later passes bring a finished mask."""
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

    def _gather(self, table_PHD: Tensor, blocks_BN: Tensor, kv_len: int, which: int) -> Tensor:
        """Each row's places side by side, [B, H, T, D], until the next layer's.

        One piece of memory serves all layers and steps: the pages of a new one cost more than what is written there.
        """
        blocks = table_PHD.view(-1, BLOCK_TOKENS, *table_PHD.shape[1:])
        needed = blocks_BN.numel() * blocks[0].numel()
        scratch = self._scratch[which]
        if scratch is None or scratch.numel() < needed:
            self._scratch[which] = scratch = table_PHD.new_empty(int(GROWTH * needed))
        rows = scratch[:needed].view(blocks_BN.numel(), *blocks.shape[1:])
        torch.index_select(blocks, 0, blocks_BN.flatten(), out=rows)
        return rows.view(len(blocks_BN), -1, *table_PHD.shape[1:])[:, :kv_len].transpose(1, 2)
