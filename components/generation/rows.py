"""What the engine knows of each slot, as host vectors over all slots: no step loops over rows in Python."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from components.generation.blocks import BLOCK_TOKENS, Ints, count_blocks
from components.generation.request import GenerationRequest


def limit_tokens(request: GenerationRequest, max_len: int) -> int:
    """Tokens that an answer may get."""
    return min(request.sampling.max_new_tokens, max_len - len(request.prompt_ids))


def count_places(request: GenerationRequest, max_len: int) -> int:
    """Places of the cache that a request may come to fill, prompt and answer, in whole blocks."""
    return count_blocks(len(request.prompt_ids) + limit_tokens(request, max_len)) * BLOCK_TOKENS


@dataclass
class Rows:
    """Per-slot state as host vectors, as wide as the longest request so far; no step loops over rows in Python."""

    max_slots: int
    max_len: int
    request_id: Ints = field(init=False)
    length: Ints = field(init=False)
    token: Ints = field(init=False)
    count: Ints = field(init=False)
    limit: Ints = field(init=False)
    promised: Ints = field(init=False)
    top_k: Ints = field(init=False)
    temperature: npt.NDArray[np.float32] = field(init=False)
    top_p: npt.NDArray[np.float32] = field(init=False)
    uniforms: npt.NDArray[np.float32] = field(init=False)
    tokens: Ints = field(init=False)
    logprobs: npt.NDArray[np.float32] = field(init=False)
    alive: npt.NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        for name in ("request_id", "length", "token", "count", "limit", "promised", "top_k"):
            setattr(self, name, np.zeros(self.max_slots, np.int64))
        self.temperature = np.zeros(self.max_slots, np.float32)
        self.top_p = np.ones(self.max_slots, np.float32)
        self.uniforms = np.zeros((self.max_slots, 0), np.float32)
        self.tokens = np.zeros((self.max_slots, 0), np.int64)
        self.logprobs = np.zeros((self.max_slots, 0), np.float32)
        self.alive = np.zeros(self.max_slots, np.bool_)

    def fill(self, row: int, request_id: int, request: GenerationRequest) -> None:
        """Give a free row to a request, its prompt written where its answer will stand."""
        sampling, prompt = request.sampling, request.prompt_ids
        self.request_id[row] = request_id
        self.length[row] = len(prompt)
        self.count[row] = 0
        self.limit[row] = limit = limit_tokens(request, self.max_len)
        self.promised[row] = count_places(request, self.max_len)
        self._widen(max(len(prompt), limit))
        self.temperature[row] = sampling.temperature
        self.top_p[row] = sampling.top_p
        self.top_k[row] = sampling.top_k
        if sampling.temperature > 0:
            # Drawn once from the request's own seed: its tokens do not depend on its neighbours.
            self.uniforms[row, :limit] = np.random.default_rng(sampling.seed).random(limit, np.float32)
        self.tokens[row, : len(prompt)] = prompt
        self.alive[row] = True

    def move(self, source: Ints, target: Ints) -> None:
        """Copy rows; the caller releases the source."""
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value[target] = value[source]

    def _widen(self, width: int) -> None:
        missing = width - self.tokens.shape[1]
        if missing > 0:
            spare = min(max(missing, self.tokens.shape[1]), self.max_len - self.tokens.shape[1])
            for name in ("uniforms", "tokens", "logprobs"):
                setattr(self, name, np.pad(getattr(self, name), ((0, 0), (0, spare))))
