"""Offline work: a list of requests in, their completions out."""

from collections.abc import Collection, Sequence
from typing import Any

import torch

from components.base.progress import progress_bar
from components.generation.blocks import BLOCK_TOKENS
from components.generation.completion import Completion
from components.generation.engine import Engine
from components.generation.probe import require_support
from components.generation.request import GenerationRequest
from components.generation.sampling import SamplingParams
from components.generation.watch import Decode
from components.model.capabilities import read_context

CACHE_BYTES = 1 << 32
"""Keys and values of texts that run together; how many do bears on time alone."""
MAX_SLOTS = 128
"""Texts that run together in one engine, at most; it bears on time alone."""


def generate(
    model: Any,
    prompts: Sequence[Sequence[int]],
    sampling: SamplingParams | Sequence[SamplingParams],
    *,
    end_token_ids: Collection[int],
    max_slots: int = MAX_SLOTS,
    what: str | None = "generate",
    cache_bytes: int = CACHE_BYTES,
) -> list[Completion]:
    """Complete every prompt, in the order given; `sampling` is one for all or one for each."""
    each = [sampling] * len(prompts) if isinstance(sampling, SamplingParams) else list(sampling)
    requests = [GenerationRequest(prompt, wishes) for prompt, wishes in zip(prompts, each, strict=True)]
    return complete(
        model, requests, end_token_ids=end_token_ids, max_slots=max_slots, what=what, cache_bytes=cache_bytes
    )


@torch.inference_mode()
def complete(
    model: Any,
    requests: Sequence[GenerationRequest],
    *,
    end_token_ids: Collection[int],
    decode: Decode | None = None,
    max_slots: int = MAX_SLOTS,
    what: str | None = "generate",
    cache_bytes: int = CACHE_BYTES,
    max_len: int | None = None,
) -> list[Completion]:
    """Answer every request, in the order given; `decode` is needed where one has a stop string.

    A prompt that leaves less room than `max_new_tokens` before `max_len`, or the model's context, ends with "length".
    As many texts run together as `cache_bytes` hold, or one.
    """
    if not requests:
        return []
    slots = min(max_slots, len(requests))
    longest = min(count_longest(requests), read_context(model.config) if max_len is None else max_len)
    engine = build_engine(
        model, longest, slots=slots, end_token_ids=end_token_ids, decode=decode, cache_bytes=cache_bytes
    )
    for index in order_requests(requests):
        engine.add(index, requests[index])
    training = model.training
    model.eval()
    found: dict[int, Completion] = {}
    with progress_bar(len(requests), what, "text") as bar:
        while not engine.idle:
            finished = engine.finish_some()
            found.update(finished)
            bar.update(len(finished))
    model.train(training)
    return [found[index] for index in range(len(requests))]


def count_longest(requests: Sequence[GenerationRequest]) -> int:
    """Tokens of the longest text that the requests may come to."""
    return max(len(request.prompt_ids) + request.sampling.max_new_tokens for request in requests)


def order_requests(requests: Sequence[GenerationRequest]) -> list[int]:
    """Places of the requests in the order in which they had best run.

    Neighbours of like length waste little padding; equal prompts meet, so that each is prefilled once.
    """
    prompts = [request.prompt_ids for request in requests]
    return sorted(range(len(prompts)), key=lambda i: (len(prompts[i]), tuple(prompts[i])))


def build_engine(
    model: Any,
    max_len: int,
    *,
    slots: int,
    end_token_ids: Collection[int],
    decode: Decode | None = None,
    cache_bytes: int = CACHE_BYTES,
) -> Engine:
    """An engine for offline work, which prefills in bulk; texts of up to `max_len` tokens."""
    longest_bytes = (max_len + BLOCK_TOKENS) * require_support(model).token_bytes
    return Engine(
        model,
        end_token_ids=end_token_ids,
        max_slots=slots,
        max_len=max_len,
        admit_at_least=max(1, slots // 8),
        cache_bytes=max(cache_bytes, longest_bytes),
        decode=decode,
    )
