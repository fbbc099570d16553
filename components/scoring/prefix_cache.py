"""Keys and values of a prefix: written once, then read by any number of forward passes and never grown.

Shapes: B sequences, H key-value heads, T positions, D head size.
"""

import torch
from torch import Tensor
from transformers import Cache


class PrefixCache(Cache):  # type: ignore[misc]
    """The first forward pass fills it; `freeze` ends that."""

    def __init__(self) -> None:
        super().__init__(layers=[])
        self._states: dict[int, tuple[Tensor, Tensor]] = {}
        self._length = 0

    def freeze(self, length: int) -> None:
        """What comes later stands behind so many tokens."""
        self._length = length

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *args: object, **kwargs: object
    ) -> tuple[Tensor, Tensor]:
        """Keys and values to attend to, [B, H, T, D]: the prefix's, then this pass's own."""
        if not self._length:
            self._states[layer_idx] = (key_states, value_states)
            return key_states, value_states
        keys, values = self._states[layer_idx]
        return torch.cat([keys, key_states], dim=2), torch.cat([values, value_states], dim=2)

    def get_seq_length(self, layer_idx: int = 0) -> int:
        """Tokens of the prefix."""
        return self._length

    def get_mask_sizes(self, query_length: int, layer_idx: int) -> tuple[int, int]:
        """Only asked for where the prefix is read: later passes bring a finished mask."""
        return self._length + query_length, 0
