"""One forward for all rows: keys and values in blocks, masks of our own making, sliding windows included.

Shapes: B rows in one forward, R rows that get a token, U texts that are read, V vocabulary, T positions, Q positions of
which something is asked, P new tokens of all rows.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from components.generation.blocks import BLOCK_TOKENS, Ints, count_blocks, digest_blocks
from components.generation.cache import Decode, Prefill, SlotCache, Suffix
from components.generation.prompts import Piece, Prompt, find_shared_beginnings, group_prompts, group_suffixes
from components.generation.rows import Rows
from components.model.capabilities import Reach, read_reach, reads_prefix


class Batched:
    """All rows over one cache. With `shares_beginnings` no beginning of a prompt is read twice while it is held."""

    def __init__(
        self,
        model: Any,
        max_slots: int,
        max_tokens: int | None,
        *,
        shares_beginnings: bool,
        keep_idle: bool = False,
    ) -> None:
        self._model = model
        self._cache = SlotCache(max_slots, max_tokens, keep_idle=keep_idle)
        self._reach = read_reach(model.config)
        self._reads_prefix = reads_prefix(model.config)
        self._shares_beginnings = shares_beginnings

    @property
    def reserved_bytes(self) -> int:
        """Memory of the blocks."""
        return self._cache.reserved_bytes

    @property
    def token_bytes(self) -> int:
        """What one token of one text costs; known after the first forward."""
        return self._cache.token_bytes

    def count_unread(self, prompt_ids: Sequence[int]) -> int:
        """Tokens of a prompt behind the blocks that are held already."""
        held = self._cache.table.find(self._digest(np.asarray(prompt_ids, np.int64)))
        return len(prompt_ids) - BLOCK_TOKENS * len(held)

    def prefill(self, rows: Rows, rows_R: Ints) -> Tensor:
        """Each different prompt once, behind what is held of it; what several begin with is read before them all."""
        prompts = group_prompts(rows, rows_R.tolist())
        digests = [self._digest(prompt.tokens) for prompt in prompts]
        self._read_beginnings(prompts, digests)
        logits_UV = self._read_prompts(prompts, digests)
        place_of = {slot: place for place, prompt in enumerate(prompts) for slot in prompt.slots}
        return logits_UV[[place_of[slot] for slot in rows_R.tolist()]]

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
            attention_mask=self._make_masks(position_B[:, None], kv_len),
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

    def _digest(self, tokens: Ints) -> list[bytes]:
        """Digests of the blocks that a prompt may share: all whole ones but for its last token, which must be read."""
        return digest_blocks(tokens[:-1]) if self._shares_beginnings else []

    def _read_beginnings(self, prompts: Sequence[Prompt], digests: Sequence[Sequence[bytes]]) -> None:
        table, chosen = self._cache.table, []
        for place, count in find_shared_beginnings(digests).items():
            if len(table.find(digests[place][:count])) < count:
                beginning = Prompt(prompts[place].tokens[: count * BLOCK_TOKENS], prompts[place].slots[:1])
                chosen.append((beginning, digests[place][:count]))
        if chosen:
            self._read_prompts(*zip(*chosen, strict=True))

    def _read_prompts(self, prompts: Sequence[Prompt], digests: Sequence[Sequence[bytes]]) -> Tensor:
        """Logits [U, V] after each prompt, whose blocks others find from then on."""
        pieces = [self._make_room(*pair) for pair in zip(prompts, digests, strict=True)]
        whole = [place for place, piece in enumerate(pieces) if not piece.start]
        logits_V: dict[int, Tensor] = {}
        for group in filter(None, [whole, *group_suffixes(pieces)]):
            logits_V |= zip(group, self._read([pieces[place] for place in group]), strict=True)
        for prompt, known in zip(prompts, digests, strict=True):
            self._cache.table.remember(prompt.slots[0], known)
        return torch.stack([logits_V[place] for place in range(len(pieces))])

    def _make_room(self, prompt: Prompt, digests: Sequence[bytes]) -> Piece:
        """Give a prompt's slots their blocks: those that are held, and new ones; equal prompts share all whole ones."""
        table, length = self._cache.table, len(prompt.tokens)
        first, *others = prompt.slots
        held = table.find(digests)
        table.adopt(first, held)
        table.extend(first, length)
        for other in others:
            table.adopt(other, table.blocks[first, : length // BLOCK_TOKENS].tolist())
            table.extend(other, length)
        start = len(held) * BLOCK_TOKENS
        return Piece(prompt.tokens[start:], start, prompt.slots)

    def _read(self, pieces: Sequence[Piece]) -> Tensor:
        """Logits [U, V] after some pieces in one right-padded forward: whole prompts all, or all behind something.

        Whole prompts need no mask: padding stands after them, where no real token looks.
        """
        lengths_U = np.asarray([len(piece.tokens) for piece in pieces])
        inside_UQ = np.arange(lengths_U.max()) < lengths_U[:, None]
        ids_UQ = np.zeros(inside_UQ.shape, np.int64)
        ids_UQ[inside_UQ] = np.concatenate([piece.tokens for piece in pieces])
        # A prefix decoder reads the whole prompt in both directions; the key is unknown to other models.
        extra: dict[str, Any] = {"prefix_mask": self._put(inside_UQ)} if self._reads_prefix else {}
        written = self._find_places(pieces)
        if pieces[0].start:
            start_U = np.asarray([piece.start for piece in pieces])
            # Padding repeats the last position, for beyond the context there may be none.
            position_UQ = self._put(start_U[:, None] + np.minimum(np.arange(lengths_U.max()), lengths_U[:, None] - 1))
            kv_len = int((start_U + lengths_U).max())
            blocks_UN = self._cache.table.blocks[[piece.slots[0] for piece in pieces], : count_blocks(kv_len)]
            self._cache.plan = Suffix(*written, self._put(blocks_UN), kv_len)
            extra["attention_mask"] = self._make_masks(position_UQ, kv_len)
        else:
            position_UQ = torch.arange(inside_UQ.shape[1], device=self._model.device)[None]
            self._cache.plan = Prefill(*written)
        logits_U1V: Tensor = self._model(
            input_ids=self._put(ids_UQ),
            position_ids=position_UQ,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=self._put(lengths_U - 1)[:, None],
            **extra,
        ).logits
        return logits_U1V[:, 0]

    def _find_places(self, pieces: Sequence[Piece]) -> tuple[Tensor, Tensor, Tensor]:
        """Piece, position in it and place in the table [P] of all that is written; equal prompts but the first write
        only what they do not share.
        """
        rows, positions, places = [], [], []
        for row, piece in enumerate(pieces):
            end = piece.start + len(piece.tokens)
            for slot in piece.slots:
                begin = piece.start if slot == piece.slots[0] else end - end % BLOCK_TOKENS
                positions.append(np.arange(begin, end) - piece.start)
                rows.append(np.full(end - begin, row))
                places.append(self._cache.table.places(np.asarray(slot), np.arange(begin, end)))
        return self._join(rows), self._join(positions), self._join(places)

    def _join(self, parts: Sequence[Ints]) -> Tensor:
        return self._put(np.concatenate(parts))

    def _make_masks(self, position_BQ: Tensor, kv_len: int) -> Tensor | dict[str, Tensor]:
        """One mask [B, 1, Q, T] added to scores, or one for each kind of layer."""
        if isinstance(self._reach, dict):
            return {kind: self._make_mask(reach, position_BQ, kv_len) for kind, reach in self._reach.items()}
        return self._make_mask(self._reach, position_BQ, kv_len)

    def _make_mask(self, reach: Reach, position_BQ: Tensor, kv_len: int) -> Tensor:
        key_T, query_BQ1 = torch.arange(kv_len, device=position_BQ.device), position_BQ[..., None]
        hidden_BQT = key_T > query_BQ1
        match reach:
            case ("window", size):
                hidden_BQT = hidden_BQT | (key_T <= query_BQ1 - size)
            case ("chunk", size):
                hidden_BQT = hidden_BQT | (key_T // size != query_BQ1 // size)
        mask = torch.zeros(hidden_BQT.shape, dtype=self._model.dtype, device=position_BQ.device)
        return mask.masked_fill_(hidden_BQT, float("-inf"))[:, None]

    def _put(self, values: npt.NDArray[Any]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self._model.device)
