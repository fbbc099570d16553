"""Each text by itself, as the library would run it.

Shapes: T positions, V vocabulary, R rows that get a token.
"""

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from components.generation.blocks import Ints
from components.generation.rows import Rows


class Alone:
    """Each row by itself, as the library would: for models that a shared cache or a mask of ours does not suit.

    With `cached` the library's own cache is kept for each row, else every token reads its whole text again. Where
    rotary angles switch at a length, a text that grows beyond it is read again once.
    """

    def __init__(self, model: Any, *, cached: bool, switch: int | None = None) -> None:
        self._model = model
        self._cached = cached
        self._switch = switch
        taken = inspect.signature(model.forward).parameters
        self._cache_name = "past_key_values" if "past_key_values" in taken else "cache_params"
        self._texts: dict[int, list[int]] = {}
        self._caches: dict[int, Any] = {}

    @property
    def reserved_bytes(self) -> int:
        """Memory of keys and values; a recurrent state does not count."""
        layers = (layer for cache in self._caches.values() for layer in getattr(cache, "layers", ()))
        states = (getattr(layer, name, None) for layer in layers for name in ("keys", "values"))
        return sum(state.nbytes for state in states if isinstance(state, Tensor))

    def count_unread(self, prompt_ids: Sequence[int]) -> int:
        """All tokens of a prompt."""
        return len(prompt_ids)

    def prefill(self, rows: Rows, rows_R: Ints) -> Tensor:
        """Read each new prompt."""
        for row in rows_R.tolist():
            self._texts[row] = rows.tokens[row, : rows.length[row]].tolist()
        return torch.stack([self._read(row, self._texts[row]) for row in rows_R.tolist()])

    def decode(self, rows: Rows, count: int) -> Tensor:
        """Read each running row's last token."""
        logits: dict[int, Tensor] = {}
        for row in np.flatnonzero(rows.alive[:count]).tolist():
            text = self._texts[row]
            text.append(int(rows.token[row]))
            if self._switch is not None and len(text) == self._switch + 1:
                self._caches.pop(row, None)
            logits[row] = self._read(row, text[-1:] if row in self._caches else text)
        nothing = torch.zeros_like(next(iter(logits.values())))
        return torch.stack([logits.get(row, nothing) for row in range(count)])

    def release(self, rows_R: Ints) -> None:
        """Drop the rows' texts and caches."""
        for row in rows_R.tolist():
            self._texts.pop(row, None)
            self._caches.pop(row, None)

    def move(self, source: Ints, target: Ints) -> None:
        """Rename rows."""
        for old, new in zip(source.tolist(), target.tolist(), strict=True):
            self._texts[new] = self._texts.pop(old)
            if old in self._caches:
                self._caches[new] = self._caches.pop(old)

    def _read(self, row: int, ids: list[int]) -> Tensor:
        ids_1T = torch.tensor([ids], device=self._model.device)
        if not self._cached:
            return self._model(input_ids=ids_1T, use_cache=False).logits[0, -1]  # type: ignore[no-any-return]
        found = self._model(input_ids=ids_1T, use_cache=True, **{self._cache_name: self._caches.get(row)})
        self._caches[row] = found[self._cache_name]
        return found.logits[0, -1]  # type: ignore[no-any-return]
