"""Continuous batching over fixed slots: requests join and leave a running batch between two steps.

Shapes: B rows in one forward, R rows that get a token, V vocabulary, T positions.
"""

from collections import deque
from collections.abc import Collection
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from components.generation.blocks import BLOCK_TOKENS, Ints
from components.generation.completion import Completion, Event
from components.generation.probe import build_forward, require_support
from components.generation.request import GenerationRequest
from components.generation.rows import Rows, count_places, limit_tokens
from components.generation.sampling import choose_tokens
from components.generation.watch import Decode, Watches, process_logits, replace_tokens
from components.model.int8 import is_int8
from components.model.products import quicken

PREFILL_TOKENS = 16384
"""Bound on one prefill's padded tokens, so that long prompts do not pile up memory."""
CACHED_PREFILL_TOKENS = 1024
"""The same for INT8 on a CPU, whose rows do not depend on each other: so few stay in the processor's cache."""
HOLES_TOLERATED = 0.0
"""Share of empty rows among those computed before the running ones are moved together."""


class _Advance(NamedTuple):
    """What one step did: the rows that got a token, and which of them are done."""

    rows_R: Ints
    tokens_R: Ints
    logprobs_R: npt.NDArray[np.float32]
    stopped_R: npt.NDArray[np.bool_]
    done_R: npt.NDArray[np.bool_]


class Engine:
    """Runs many requests through one causal model; one thread owns it.

    `admit_at_least` holds new requests back until so many slots are free: 1 starts each at once,
    more lets offline work prefill in bulk. Any of `end_token_ids` ends a request; with none, each runs to its limit.
    Keys and values take memory as texts grow; a request waits until all it may come to fits in `cache_bytes`.
    What prompts begin with is kept until its memory is needed; with `keep_idle` until all of `cache_bytes` is.
    `decode` turns token ids into text, for requests that end at a stop string.
    """

    def __init__(
        self,
        model: Any,
        *,
        end_token_ids: Collection[int],
        max_slots: int,
        max_len: int,
        admit_at_least: int = 1,
        cache_bytes: int | None = None,
        keep_idle: bool = False,
        decode: Decode | None = None,
    ) -> None:
        support = require_support(model)
        quicken(model)
        self.model = model
        self._end_ids = np.asarray(sorted(end_token_ids), np.int64)
        self.max_slots = max_slots
        self.max_len = max_len
        self.admit_at_least = admit_at_least
        self._device = model.device
        self._prefill_tokens = PREFILL_TOKENS
        if self._device.type == "cpu" and is_int8(model):
            self._prefill_tokens = CACHED_PREFILL_TOKENS
        self.cache_tokens = _count_places(cache_bytes, support.token_bytes)
        """Tokens whose keys and values fit in the budget, in whole blocks; None for no bound."""
        self._forward = build_forward(
            model, support, max_slots=max_slots, max_len=max_len, max_tokens=self.cache_tokens, keep_idle=keep_idle
        )
        self._rows = Rows(max_slots, max_len)
        self._waiting: deque[tuple[int, GenerationRequest]] = deque()
        self._watches = Watches(self._end_ids.tolist(), decode)
        self._n_rows = 0

    @property
    def idle(self) -> bool:
        """Nothing runs and nothing waits."""
        return not self._waiting and not self._rows.alive.any()

    @property
    def longest(self) -> int:
        """Tokens of the longest text, prompt and answer, that can ever run."""
        return self.max_len if self.cache_tokens is None else min(self.max_len, self.cache_tokens)

    @property
    def reserved_bytes(self) -> int:
        """Memory that keys and values take now."""
        return self._forward.reserved_bytes

    def add(self, request_id: int, request: GenerationRequest) -> None:
        """Queue a request. Raises ValueError when the prompt is empty, leaves no room, or could never fit."""
        prompt_ids, sampling = request.prompt_ids, request.sampling
        if not 0 < len(prompt_ids) < self.max_len:
            raise ValueError(f"a prompt of {len(prompt_ids)} tokens does not fit in 1..{self.max_len - 1}")
        self._watches.require_decoder(request)
        if sampling.max_new_tokens < 1 or sampling.temperature < 0:
            raise ValueError(f"max_new_tokens must be >= 1 and temperature >= 0: {sampling}")
        if self.cache_tokens is not None and count_places(request, self.max_len) > self.cache_tokens:
            raise ValueError(
                f"a prompt of {len(prompt_ids)} tokens and an answer of up to {limit_tokens(request, self.max_len)}"
                f" can never fit in a cache of {self.cache_tokens} tokens"
            )
        self._waiting.append((request_id, request))

    def cancel(self, request_id: int) -> None:
        """Forget a request, waiting or running; an unknown one is no error."""
        self._waiting = deque(entry for entry in self._waiting if entry[0] != request_id)
        self._watches.forget([request_id])
        rows = self._rows
        self._release(np.flatnonzero(rows.alive & (rows.request_id == request_id)))

    @torch.inference_mode()
    def step(self) -> list[Event]:
        """Advance every running request by a token, or start waiting ones with their first."""
        if self.idle:
            return []
        done = self._advance()
        ids = self._rows.request_id[done.rows_R].tolist()
        self._release(done.rows_R[done.done_R])
        self._watches.forget(self._rows.request_id[done.rows_R[done.done_R]].tolist())
        columns = (column.tolist() for column in done[1:])
        return [
            Event(request_id, token, logprob, ("stop" if stopped else "length") if finished else None)
            for request_id, token, logprob, stopped, finished in zip(ids, *columns, strict=True)
        ]

    @torch.inference_mode()
    def finish_some(self) -> list[tuple[int, Completion]]:
        """Advance like `step`, but answer only with whole completions: no Python work per token."""
        done = self._advance()
        finished = done.rows_R[done.done_R]
        stopped = done.stopped_R[done.done_R].tolist()
        completions = [self._harvest(row, s) for row, s in zip(finished.tolist(), stopped, strict=True)]
        ids = self._rows.request_id[finished].tolist()
        self._release(finished)
        self._watches.forget(ids)
        return list(zip(ids, completions, strict=True))

    def _harvest(self, row: int, stopped: bool) -> Completion:
        count = int(self._rows.count[row])
        tokens = self._rows.tokens[row, :count].tolist()
        logprobs = self._rows.logprobs[row, :count].tolist()
        found = Completion(tokens, logprobs, "stop" if stopped else "length")
        watch = self._watches.find(int(self._rows.request_id[row]))
        if watch is not None:
            found = watch.complete(found)
        if not stopped or (watch is not None and watch.stopped_by_text):
            return found
        return replace(found, token_ids=tokens[:-1], end_token_id=tokens[-1])

    def _advance(self) -> _Advance:
        running = int(self._rows.alive.sum())
        free = self.max_slots - running
        if self._waiting and (not running or free >= min(self.admit_at_least, len(self._waiting))) and free:
            taken = self._take(free)
            if len(taken):
                return self._settle(taken, self._forward.prefill(self._rows, taken))
        self._compact(running)
        return self._decode()

    def _take(self, free: int) -> Ints:
        """Move waiting requests into free rows, as many as slots, cache and the prefill bound allow, in their order."""
        rows = self._rows
        taken: list[int] = []
        distinct: set[tuple[int, ...]] = set()
        width, promised = 0, int(rows.promised[rows.alive].sum())
        for row in np.flatnonzero(~rows.alive)[:free].tolist():
            if not self._waiting:
                break
            request_id, request = self._waiting[0]
            promised += count_places(request, self.max_len)
            width = max(width, self._forward.count_unread(request.prompt_ids))
            distinct.add(tuple(request.prompt_ids))
            if self.cache_tokens is not None and promised > self.cache_tokens:
                break
            if taken and width * len(distinct) > self._prefill_tokens:
                break
            self._waiting.popleft()
            rows.fill(row, request_id, request)
            self._watches.begin(request_id, request)
            taken.append(row)
        self._n_rows = max([self._n_rows, *(row + 1 for row in taken)])
        return np.asarray(taken, np.int64)

    def _decode(self) -> _Advance:
        """One more token for each running row."""
        rows, n = self._rows, self._n_rows
        logits_BV = self._forward.decode(rows, n)
        rows.length[:n] += rows.alive[:n]
        alive_R = np.flatnonzero(rows.alive[:n])
        return self._settle(alive_R, logits_BV if len(alive_R) == n else logits_BV[self._put(alive_R)])

    def _settle(self, rows_R: Ints, logits_RV: Tensor) -> _Advance:
        """Choose tokens, write them down, and see who is done."""
        rows = self._rows
        count_R = rows.count[rows_R]
        watched = self._watches.find_all(rows.request_id[rows_R])
        if watched:
            logits_RV = process_logits(watched, logits_RV)
        tokens, logprobs = choose_tokens(
            logits_RV,
            self._put(rows.temperature[rows_R]),
            self._put(rows.top_p[rows_R]),
            self._put(rows.top_k[rows_R]),
            self._put(rows.uniforms[rows_R, count_R]),
        )
        tokens_R, logprobs_R = tokens.cpu().numpy(), logprobs.cpu().numpy()
        if watched:
            replace_tokens(watched, logits_RV, tokens_R, logprobs_R)
        rows.token[rows_R] = tokens_R
        rows.tokens[rows_R, count_R] = tokens_R
        rows.logprobs[rows_R, count_R] = logprobs_R
        rows.count[rows_R] += 1
        stopped_R = (tokens_R[:, None] == self._end_ids).any(axis=1)
        for i, watch in watched:
            stopped_R[i] = watch.observe(int(tokens_R[i]))
        return _Advance(rows_R, tokens_R, logprobs_R, stopped_R, stopped_R | (rows.count[rows_R] >= rows.limit[rows_R]))

    def _release(self, rows_R: Ints) -> None:
        rows = self._rows
        self._forward.release(rows_R)
        rows.alive[rows_R] = False
        rows.length[rows_R] = 0
        rows.token[rows_R] = 0
        running = np.flatnonzero(rows.alive)
        self._n_rows = int(running[-1]) + 1 if len(running) else 0

    def _compact(self, running: int) -> None:
        """Move the last rows into the gaps once enough of the computed rows stand empty."""
        if self._n_rows - running <= HOLES_TOLERATED * self._n_rows:
            return
        rows = self._rows
        source = np.flatnonzero(rows.alive[running : self._n_rows]) + running
        target = np.flatnonzero(~rows.alive[:running])
        self._forward.move(source, target)
        rows.move(source, target)
        self._release(source)

    def _put(self, values: npt.NDArray[Any]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self._device)


def _count_places(cache_bytes: int | None, token_bytes: int) -> int | None:
    if cache_bytes is None or token_bytes == 0:
        return None
    return cache_bytes // (token_bytes * BLOCK_TOKENS) * BLOCK_TOKENS
