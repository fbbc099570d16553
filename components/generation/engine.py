"""Continuous batching over fixed slots: requests join and leave a running batch between two steps.

Shapes: B rows in one forward, R rows that get a token, V vocabulary, T positions.
"""

from collections import deque
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from components.base.progress import progress_bar
from components.generation.cache import Decode, Prefill, SlotCache
from components.generation.completion import Completion, Event, FinishReason
from components.generation.rows import Ints, Request, Rows
from components.generation.sampling import SamplingParams, choose_tokens

__all__ = ["Completion", "Engine", "Event", "FinishReason", "SamplingParams", "generate"]

PREFILL_TOKENS = 16384
"""Bound on one prefill's padded tokens, so that long prompts do not pile up memory."""
HOLES_TOLERATED = 0.25
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
    """

    def __init__(
        self,
        model: Any,
        *,
        end_token_ids: Collection[int],
        max_slots: int,
        max_len: int,
        admit_at_least: int = 1,
    ) -> None:
        _refuse_windows(model.config, max_len)
        self.model = model
        self._end_ids = np.asarray(sorted(end_token_ids), np.int64)
        self.max_slots = max_slots
        self.max_len = max_len
        self.admit_at_least = admit_at_least
        self._device = model.device
        self._dtype = model.dtype
        self._reads_prefixes = getattr(model.config, "prefix_attention", False)
        self._cache = SlotCache(max_slots, max_len)
        self._rows = Rows(max_slots, max_len)
        self._waiting: deque[Request] = deque()
        self._n_rows = 0

    @property
    def idle(self) -> bool:
        """Nothing runs and nothing waits."""
        return not self._waiting and not self._rows.alive.any()

    def add(self, request_id: int, prompt_ids: Sequence[int], sampling: SamplingParams) -> None:
        """Queue a request. Raises ValueError when the prompt is empty or leaves no room for a token."""
        if not 0 < len(prompt_ids) < self.max_len:
            raise ValueError(f"a prompt of {len(prompt_ids)} tokens does not fit in 1..{self.max_len - 1}")
        if sampling.max_new_tokens < 1 or sampling.temperature < 0:
            raise ValueError(f"max_new_tokens must be >= 1 and temperature >= 0: {sampling}")
        self._waiting.append(Request(request_id, prompt_ids, sampling))

    def cancel(self, request_id: int) -> None:
        """Forget a request, waiting or running; an unknown one is no error."""
        self._waiting = deque(r for r in self._waiting if r.request_id != request_id)
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
        columns = (column.tolist() for column in done[1:])
        return [
            Event(request_id, token, logprob, ("stop" if stopped else "length") if finished else None)
            for request_id, token, logprob, stopped, finished in zip(ids, *columns, strict=True)
        ]

    def finish_some(self) -> list[tuple[int, Completion]]:
        """Advance like `step`, but answer only with whole completions: no Python work per token."""
        done = self._advance()
        finished = done.rows_R[done.done_R]
        stopped = done.stopped_R[done.done_R].tolist()
        completions = [self._harvest(row, s) for row, s in zip(finished.tolist(), stopped, strict=True)]
        ids = self._rows.request_id[finished].tolist()
        self._release(finished)
        return list(zip(ids, completions, strict=True))

    def _harvest(self, row: int, stopped: bool) -> Completion:
        count = int(self._rows.count[row])
        tokens = self._rows.tokens[row, :count].tolist()
        logprobs = self._rows.logprobs[row, :count].tolist()
        if stopped:
            return Completion(tokens[:-1], logprobs, "stop", tokens[-1])
        return Completion(tokens, logprobs, "length")

    def _advance(self) -> _Advance:
        running = int(self._rows.alive.sum())
        free = self.max_slots - running
        if self._waiting and (not running or free >= min(self.admit_at_least, len(self._waiting))) and free:
            return self._prefill(self._take(free))
        self._compact(running)
        return self._decode()

    def _take(self, free: int) -> Ints:
        """Move waiting requests into free rows, as many as slots and the prefill bound allow."""
        rows = self._rows
        taken: list[int] = []
        width = 0
        for row in np.flatnonzero(~rows.alive)[:free].tolist():
            if not self._waiting:
                break
            width = max(width, len(self._waiting[0].prompt_ids))
            if taken and width * (len(taken) + 1) > PREFILL_TOKENS:
                break
            request = self._waiting.popleft()
            rows.fill(row, request)
            taken.append(row)
        self._n_rows = max(self._n_rows, taken[-1] + 1)
        return np.asarray(taken)

    def _prefill(self, rows_R: Ints) -> _Advance:
        """All new prompts in one right-padded forward; a prompt that several requests share runs once.

        Plain causal attention needs no mask: padding stands after the prompt, where no real token looks.
        """
        lengths_R = self._rows.length[rows_R]
        width = int(lengths_R.max())
        inside = np.arange(width) < lengths_R[:, None]
        padded_RT = np.where(inside, self._rows.tokens[rows_R, :width], -1)
        unique_BT, first_B, spread_R = np.unique(padded_RT, axis=0, return_index=True, return_inverse=True)
        spread = self._put(spread_R.reshape(-1))
        self._cache.plan = Prefill(self._put(rows_R), spread)
        # A prefix decoder reads the whole prompt in both directions; the key is unknown to other models.
        prefix = {"prefix_mask": self._put(unique_BT >= 0)} if self._reads_prefixes else {}
        logits_B1V = self.model(
            input_ids=self._put(np.maximum(unique_BT, 0)),
            position_ids=torch.arange(width, device=self._device)[None],
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=self._put(lengths_R[first_B] - 1)[:, None],
            **prefix,
        ).logits
        return self._settle(rows_R, logits_B1V[:, 0][spread])

    def _decode(self) -> _Advance:
        """One token for each running row; rows that stand empty are computed and thrown away."""
        rows, n = self._rows, self._n_rows
        position_B = self._put(rows.length[:n])
        kv_len = int(rows.length[:n].max()) + 1
        slot_B = torch.arange(n, device=self._device) * self.max_len
        self._cache.plan = Decode(n, slot_B + position_B, kv_len)
        hidden_BT = torch.arange(kv_len, device=self._device) > position_B[:, None]
        mask = torch.zeros(hidden_BT.shape, dtype=self._dtype, device=self._device)
        logits_B1V = self.model(
            input_ids=self._put(rows.token[:n])[:, None],
            attention_mask=mask.masked_fill_(hidden_BT, float("-inf"))[:, None, None],
            position_ids=position_B[:, None],
            past_key_values=self._cache,
            use_cache=True,
        ).logits
        rows.length[:n] += rows.alive[:n]
        alive_R = np.flatnonzero(rows.alive[:n])
        logits_BV = logits_B1V[:, -1]
        return self._settle(alive_R, logits_BV if len(alive_R) == n else logits_BV[self._put(alive_R)])

    def _settle(self, rows_R: Ints, logits_RV: Tensor) -> _Advance:
        """Choose tokens, write them down, and see who is done."""
        rows = self._rows
        count_R = rows.count[rows_R]
        tokens, logprobs = choose_tokens(
            logits_RV,
            self._put(rows.temperature[rows_R]),
            self._put(rows.top_p[rows_R]),
            self._put(rows.top_k[rows_R]),
            self._put(rows.uniforms[rows_R, count_R]),
        )
        tokens_R, logprobs_R = tokens.cpu().numpy(), logprobs.cpu().numpy()
        rows.token[rows_R] = tokens_R
        rows.tokens[rows_R, count_R] = tokens_R
        rows.logprobs[rows_R, count_R] = logprobs_R
        rows.count[rows_R] += 1
        stopped_R = (tokens_R[:, None] == self._end_ids).any(axis=1)
        return _Advance(rows_R, tokens_R, logprobs_R, stopped_R, stopped_R | (rows.count[rows_R] >= rows.limit[rows_R]))

    def _release(self, rows_R: Ints) -> None:
        rows = self._rows
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
        self._cache.move(self._put(source), self._put(target), int(rows.length[source].max()))
        rows.move(source, target)
        self._release(source)

    def _put(self, values: npt.NDArray[Any]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values)).to(self._device)


@torch.inference_mode()
def generate(
    model: Any,
    prompts: Sequence[Sequence[int]],
    sampling: SamplingParams | Sequence[SamplingParams],
    *,
    end_token_ids: Collection[int],
    max_slots: int = 128,
    what: str | None = "generate",
) -> list[Completion]:
    """Complete every prompt, in the order given; `sampling` is one for all or one for each.

    A prompt that leaves less room than `max_new_tokens` before the model's context ends with "length".
    """
    each = [sampling] * len(prompts) if isinstance(sampling, SamplingParams) else list(sampling)
    if not prompts:
        return []
    wanted = max(len(p) + s.max_new_tokens for p, s in zip(prompts, each, strict=True))
    slots = min(max_slots, len(prompts))
    engine = Engine(
        model,
        end_token_ids=end_token_ids,
        max_slots=slots,
        max_len=min(wanted, model.config.max_position_embeddings),
        admit_at_least=max(1, slots // 8),
    )
    # Neighbours of like length waste little padding; equal prompts meet, so that each is prefilled once.
    for index in sorted(range(len(prompts)), key=lambda i: (len(prompts[i]), tuple(prompts[i]))):
        engine.add(index, prompts[index], each[index])
    training = model.training
    model.eval()
    found: dict[int, Completion] = {}
    with progress_bar(len(prompts), what, "text") as bar:
        while not engine.idle:
            finished = engine.finish_some()
            found.update(finished)
            bar.update(len(finished))
    model.train(training)
    return [found[index] for index in range(len(prompts))]


def _refuse_windows(config: Any, max_len: int) -> None:
    """Every row attends to its whole past here; a sliding window that would cut it is not honoured."""
    window = getattr(config, "sliding_window", None)
    if getattr(config, "use_sliding_window", True) and window is not None and window < max_len:
        raise ValueError(f"sliding window {window} is shorter than the context {max_len}: not supported")
