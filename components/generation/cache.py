"""Keys and values of all running requests in preallocated rows, each row at its own length.

Shapes: N slots, B rows in one forward, H key-value heads, T positions, D head size.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import Cache


@dataclass(frozen=True)
class Prefill:
    """Whole prompts, right-padded; `spread_R` says which forward row each slot's prompt stands in."""

    rows_R: Tensor
    spread_R: Tensor


@dataclass(frozen=True)
class Decode:
    """One token for each of the first `n_rows` slots, written at its own position."""

    n_rows: int
    flat_B: Tensor
    """Index of slot and position together, slot * max_len + position."""
    kv_len: int


class SlotCache(Cache):  # type: ignore[misc]
    """A transformers Cache over fixed slots; `plan` tells the next forward where to write.

    Positions lie before heads in memory, so that one decode write is one row of a flat table.
    """

    def __init__(self, max_slots: int, max_len: int) -> None:
        super().__init__(layers=[])
        self.max_slots = max_slots
        self.max_len = max_len
        self.plan: Prefill | Decode | None = None
        self._keys: list[Tensor] = []
        self._values: list[Tensor] = []

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *args: object, **kwargs: object
    ) -> tuple[Tensor, Tensor]:
        """Write this forward's keys and values [B, H, T, D]; return those to attend to."""
        if layer_idx == len(self._keys):
            self._allocate(key_states, value_states)
        keys, values = self._keys[layer_idx], self._values[layer_idx]
        match self.plan:
            case Prefill(rows_R, spread_R):
                width = key_states.shape[2]
                keys[rows_R, :width] = key_states.transpose(1, 2)[spread_R]
                values[rows_R, :width] = value_states.transpose(1, 2)[spread_R]
                return key_states, value_states
            case Decode(n_rows, flat_B, kv_len):
                keys.flatten(0, 1).index_copy_(0, flat_B, key_states.squeeze(2))
                values.flatten(0, 1).index_copy_(0, flat_B, value_states.squeeze(2))
                seen = keys[:n_rows, :kv_len], values[:n_rows, :kv_len]
                return seen[0].transpose(1, 2), seen[1].transpose(1, 2)
            case None:
                raise RuntimeError("SlotCache.update needs a plan")

    def move(self, source: Tensor, target: Tensor, length: int) -> None:
        """Copy whole rows, so that the running ones stay together at the front."""
        for table in (*self._keys, *self._values):
            table[target, :length] = table[source, :length]

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Only asked for in a prefill, which begins every row at zero."""
        return 0

    def get_mask_sizes(self, query_length: int, layer_idx: int) -> tuple[int, int]:
        """Only asked for in a prefill: the prompt sees itself and nothing else."""
        return query_length, 0

    def _allocate(self, key_states: Tensor, value_states: Tensor) -> None:
        # Zeros, not empty memory: a NaN under a mask would still poison the weighted sum.
        for tables, states in ((self._keys, key_states), (self._values, value_states)):
            shape = (self.max_slots, self.max_len, states.shape[1], states.shape[3])
            tables.append(torch.zeros(shape, dtype=states.dtype, device=states.device))
