"""Running requests that want more than sampling: what is done for each of them alone, at each of its tokens.

Shapes: R rows that get a token, V vocabulary.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from components.generation.completion import Completion, TokenLogprobs
from components.generation.request import GenerationRequest
from components.generation.text_stream import TextStream

Decode = Callable[[Sequence[int]], str]


class Watch:
    """Lives from a request's first token to its last; requests that want nothing special have none."""

    def __init__(self, request: GenerationRequest, end_token_ids: Collection[int], decode: Decode | None) -> None:
        self._request = request
        self._ends = frozenset(end_token_ids if request.end_token_ids is None else request.end_token_ids)
        self._stream = TextStream(decode, request.stop) if decode and request.stop else None
        self._forced: deque[int] = deque()
        self._text = ""
        self.token_ids: list[int] = []
        self.top_logprobs: list[TokenLogprobs] = []

    @property
    def stopped_by_text(self) -> bool:
        """Whether a stop string has come."""
        return self._stream is not None and self._stream.stopped

    def complete(self, found: Completion) -> Completion:
        """The completion with what was watched for."""
        text = None
        if self._stream is not None:
            text = self._text if self._stream.stopped else self._text + self._stream.finish()
        return replace(found, text=text, top_logprobs=self.top_logprobs or None)

    def process(self, logits_V: Tensor) -> Tensor:
        """The logits from which the next token is chosen."""
        for processor in self._request.logits_processors:
            logits_V = processor(logits_V, self.token_ids)
        return logits_V

    def choose(self, token_id: int, logits_V: Tensor) -> int:
        """The token that stands there: the sampled one, or one that is forced; notes the likeliest."""
        token_id = self._forced.popleft() if self._forced else token_id
        if self._request.top_logprobs:
            top, ids = torch.log_softmax(logits_V, -1).topk(min(self._request.top_logprobs, len(logits_V)))
            self.top_logprobs.append(dict(zip(ids.tolist(), top.tolist(), strict=True)))
        return token_id

    def observe(self, token_id: int) -> bool:
        """Take note of a token; whether the answer is over with it."""
        if token_id in self._ends:
            return True
        self.token_ids.append(token_id)
        if self._stream is not None:
            self._text += self._stream.feed([token_id])
        if self._request.force_tokens is not None and not self._forced:
            self._forced.extend(self._request.force_tokens(self.token_ids))
        return self.stopped_by_text


Watched = list[tuple[int, Watch]]
"""Places among the rows that get a token, each with its watch."""


class Watches:
    """The watches of an engine by request; as long as there are none, they cost nothing."""

    def __init__(self, end_token_ids: Collection[int], decode: Decode | None) -> None:
        self._end_token_ids, self._decode = end_token_ids, decode
        self._watches: dict[int, Watch] = {}

    def require_decoder(self, request: GenerationRequest) -> None:
        """Raises ValueError for a stop string that nobody could see."""
        if request.stop and self._decode is None:
            raise ValueError("a stop string needs an engine that is given `decode`")

    def begin(self, request_id: int, request: GenerationRequest) -> None:
        """Watch a request from now on, if it wants to be."""
        if not request.is_plain:
            self._watches[request_id] = Watch(request, self._end_token_ids, self._decode)

    def find(self, request_id: int) -> Watch | None:
        """The watch of a request that has one."""
        return self._watches.get(request_id)

    def find_all(self, request_id_R: npt.NDArray[np.int64]) -> Watched:
        """The watches among these requests."""
        if not self._watches:
            return []
        found = ((i, self._watches.get(request_id)) for i, request_id in enumerate(request_id_R.tolist()))
        return [(i, watch) for i, watch in found if watch is not None]

    def forget(self, request_ids: Iterable[int]) -> None:
        """Drop the watches of requests that are over."""
        if self._watches:
            for request_id in request_ids:
                self._watches.pop(request_id, None)


def process_logits(watched: Watched, logits_RV: Tensor) -> Tensor:
    """The logits from which tokens are chosen, in float32; rows without a watch stay as they are."""
    logits_RV = logits_RV.float().clone()
    for i, watch in watched:
        logits_RV[i] = watch.process(logits_RV[i])
    return logits_RV


def replace_tokens(
    watched: Watched, logits_RV: Tensor, tokens_R: npt.NDArray[np.int64], logprobs_R: npt.NDArray[np.float32]
) -> None:
    """Put forced tokens in the place of sampled ones, with their own log-probabilities."""
    for i, watch in watched:
        token_id = watch.choose(int(tokens_R[i]), logits_RV[i])
        if token_id != tokens_R[i]:
            tokens_R[i], logprobs_R[i] = token_id, float(torch.log_softmax(logits_RV[i], -1)[token_id])
