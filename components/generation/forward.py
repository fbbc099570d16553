"""How logits are made for running requests: all rows in one forward over a shared cache, or each by itself.

Shapes: B rows in one forward, R rows that get a token, V vocabulary, T positions, P new tokens of all rows.
"""

import inspect
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from components.generation.cache import BLOCK_TOKENS, Decode, Prefill, SlotCache, count_blocks
from components.generation.rows import Ints, Rows
from components.model.capabilities import Reach, read_reach, reads_prefix


class Forward(Protocol):
    """Makes logits, and keeps what it needs to go on."""

    def prefill(self, rows: Rows, rows_R: Ints) -> Tensor:
        """Logits [R, V] after the prompts of new rows."""

    def decode(self, rows: Rows, count: int) -> Tensor:
        """Logits [B, V] after the last token of the first `count` rows; those of empty rows mean nothing."""

    def release(self, rows_R: Ints) -> None:
        """Forget rows."""

    def move(self, source: Ints, target: Ints) -> None:
        """Rows have moved into empty ones."""

    @property
    def reserved_bytes(self) -> int:
        """Memory held for what was read so far."""


class Batched:
    """One forward for all rows: keys and values in blocks, masks of our own making, sliding windows included."""

    def __init__(self, model: Any, max_slots: int, max_tokens: int | None) -> None:
        self._model = model
        self._cache = SlotCache(max_slots, max_tokens)
        self._reach = read_reach(model.config)
        self._reads_prefix = reads_prefix(model.config)

    @property
    def reserved_bytes(self) -> int:
        """Memory of the blocks."""
        return self._cache.reserved_bytes

    @property
    def token_bytes(self) -> int:
        """What one token of one text costs; known after the first forward."""
        return self._cache.token_bytes

    def prefill(self, rows: Rows, rows_R: Ints) -> Tensor:
        """All new prompts in one right-padded forward; a prompt that several requests share runs once.

        Plain causal attention needs no mask: padding stands after the prompt, where no real token looks.
        """
        lengths_R = rows.length[rows_R]
        width = int(lengths_R.max())
        inside = np.arange(width) < lengths_R[:, None]
        padded_RT = np.where(inside, rows.tokens[rows_R, :width], -1)
        unique_BT, first_B, spread_R = np.unique(padded_RT, axis=0, return_index=True, return_inverse=True)
        spread_R = spread_R.reshape(-1)
        for row, length in zip(rows_R.tolist(), lengths_R.tolist(), strict=True):
            self._cache.table.extend(row, length)
        index_P, position_P = np.nonzero(inside)
        places_P = self._cache.table.places(rows_R[index_P], position_P)
        self._cache.plan = Prefill(self._put(spread_R[index_P]), self._put(position_P), self._put(places_P))
        # A prefix decoder reads the whole prompt in both directions; the key is unknown to other models.
        prefix = {"prefix_mask": self._put(unique_BT >= 0)} if self._reads_prefix else {}
        logits_B1V: Tensor = self._model(
            input_ids=self._put(np.maximum(unique_BT, 0)),
            position_ids=torch.arange(width, device=self._model.device)[None],
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=self._put(lengths_R[first_B] - 1)[:, None],
            **prefix,
        ).logits
        return logits_B1V[:, 0][self._put(spread_R)]

    def decode(self, rows: Rows, count: int) -> Tensor:
        """One token for each running row; rows that stand empty are computed and thrown away."""
        length_B = rows.length[:count]
        table = self._cache.table
        for row in np.flatnonzero(rows.alive[:count] & (length_B // BLOCK_TOKENS >= table.held[:count])).tolist():
            table.extend(row, int(length_B[row]) + 1)
        kv_len = int(length_B.max()) + 1
        blocks_BN = table.blocks[:count, : count_blocks(kv_len)]
        self._cache.plan = Decode(self._put(table.places(np.arange(count), length_B)), self._put(blocks_BN), kv_len)
        position_B = self._put(length_B)
        logits_B1V: Tensor = self._model(
            input_ids=self._put(rows.token[:count])[:, None],
            attention_mask=self._make_masks(position_B, kv_len),
            position_ids=position_B[:, None],
            past_key_values=self._cache,
            use_cache=True,
        ).logits
        return logits_B1V[:, -1]

    def release(self, rows_R: Ints) -> None:
        """Take the rows' blocks back."""
        self._cache.table.release(rows_R)

    def move(self, source: Ints, target: Ints) -> None:
        """Rename rows; nothing is copied."""
        self._cache.table.move(source, target)

    def _make_masks(self, position_B: Tensor, kv_len: int) -> Tensor | dict[str, Tensor]:
        """One mask [B, 1, 1, T] added to scores, or one for each kind of layer."""
        if isinstance(self._reach, dict):
            return {kind: self._make_mask(reach, position_B, kv_len) for kind, reach in self._reach.items()}
        return self._make_mask(self._reach, position_B, kv_len)

    def _make_mask(self, reach: Reach, position_B: Tensor, kv_len: int) -> Tensor:
        key_T, query_B1 = torch.arange(kv_len, device=position_B.device), position_B[:, None]
        hidden_BT = key_T > query_B1
        match reach:
            case ("window", size):
                hidden_BT = hidden_BT | (key_T <= query_B1 - size)
            case ("chunk", size):
                hidden_BT = hidden_BT | (key_T // size != query_B1 // size)
        mask = torch.zeros(hidden_BT.shape, dtype=self._model.dtype, device=position_B.device)
        return mask.masked_fill_(hidden_BT, float("-inf"))[:, None, None]

    def _put(self, values: npt.NDArray[Any]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self._model.device)


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
