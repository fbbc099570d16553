"""What runs in an engine's own process: one model, and one engine that requests join while others run in it."""

import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from components.base.errors import PipelineError
from components.generation.completion import Completion
from components.generation.engine import Engine
from components.generation.offline import build_engine
from components.generation.request import GenerationRequest
from components.model.capabilities import read_end_ids
from components.text.tokenizer import decode_answer

Loaded = tuple[PreTrainedModel, PreTrainedTokenizerFast]
Weights = tuple[int, int]
"""A version of weights, and how many of its parts have come."""


class EngineActor:
    """One engine of a pool. A refusal comes back as a value: an exception across processes would lose its type."""

    def __init__(self, load: Callable[[], Loaded], *, threads: int, folder: str) -> None:
        os.chdir(folder)  # a path means the same here as where the pool was opened
        torch.set_num_threads(threads)
        self._loaded = _attempt(load)
        self._engine: Engine | None = None
        self._batch = -1
        self._weights: Weights = (0, 0)

    def advance(
        self,
        batch: int,
        requests: Sequence[tuple[int, GenerationRequest]],
        *,
        weights: Weights,
        max_len: int,
        slots: int,
        at_least: int,
    ) -> list[tuple[int, Completion]] | PipelineError:
        """Let requests join those of the same batch, and run until so many are done or none is left.

        Never answers with other weights than those that are asked for.
        """
        if isinstance(self._loaded, PipelineError):
            return self._loaded
        assert self._weights == weights, f"weights {weights} were asked, and {self._weights} are here"
        engine = self._open_engine(self._loaded, batch, max_len, slots)
        done: list[tuple[int, Completion]] = []
        with torch.inference_mode():
            for index, request in requests:
                engine.add(index, request)
            while not engine.idle and len(done) < at_least:
                done += engine.finish_some()
        return done

    def load_state(self, weights: Weights, part: Mapping[str, Tensor]) -> None:
        """Take a part of other weights, which it completes up to that number."""
        version, count = weights
        assert count == 1 or self._weights == (version, count - 1), f"{weights} does not follow {self._weights}"
        if not isinstance(self._loaded, PipelineError):
            found = self._loaded[0].load_state_dict(part, strict=False)
            assert not found.unexpected_keys, f"no weights of this model: {found.unexpected_keys[:5]}"
        self._weights = weights

    def run(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the function returns of the model, or its refusal."""
        if isinstance(self._loaded, PipelineError):
            return self._loaded
        return _attempt(partial(function, self._loaded[0], *args, **kwargs))

    def _open_engine(self, loaded: Loaded, batch: int, max_len: int, slots: int) -> Engine:
        """The engine of a batch; another batch's is forgotten, with whatever ran in it."""
        if self._engine is None or batch != self._batch:
            model, tokenizer = loaded
            decode, ends = partial(decode_answer, tokenizer), read_end_ids(model)
            self._engine = None  # its keys and values go before others come
            self._engine = build_engine(model, max_len, slots=slots, end_token_ids=ends, decode=decode)
            self._batch = batch
        return self._engine


def _attempt(function: Callable[[], Any]) -> Any:
    try:
        return function()
    except PipelineError as error:
        return error
