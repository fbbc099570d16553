"""Offline work: a list of requests in, their completions out."""

from collections.abc import Collection, Sequence
from typing import Any

import torch

from components.base.progress import progress_bar
from components.generation.cache import BLOCK_TOKENS
from components.generation.completion import Completion
from components.generation.engine import Engine
from components.generation.probe import require_support
from components.generation.request import GenerationRequest
from components.generation.sampling import SamplingParams
from components.generation.watch import Decode
from components.model.capabilities import read_context

CACHE_BYTES = 1 << 32
"""Keys and values of texts that run together; how many do bears on time alone."""


def generate(
    model: Any,
    prompts: Sequence[Sequence[int]],
    sampling: SamplingParams | Sequence[SamplingParams],
    *,
    end_token_ids: Collection[int],
    max_slots: int = 128,
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
    max_slots: int = 128,
    what: str | None = "generate",
    cache_bytes: int = CACHE_BYTES,
) -> list[Completion]:
    """Answer every request, in the order given; `decode` is needed where one has a stop string.

    A prompt that leaves less room than `max_new_tokens` before the model's context ends with "length". As many texts
    run together as `cache_bytes` hold, or one.
    """
    if not requests:
        return []
    wanted = max(len(request.prompt_ids) + request.sampling.max_new_tokens for request in requests)
    slots = min(max_slots, len(requests))
    max_len = min(wanted, read_context(model.config))
    longest_bytes = (max_len + BLOCK_TOKENS) * require_support(model).token_bytes
    engine = Engine(
        model,
        end_token_ids=end_token_ids,
        max_slots=slots,
        max_len=max_len,
        admit_at_least=max(1, slots // 8),
        cache_bytes=max(cache_bytes, longest_bytes),
        decode=decode,
    )
    # Neighbours of like length waste little padding; equal prompts meet, so that each is prefilled once.
    prompts = [request.prompt_ids for request in requests]
    for index in sorted(range(len(prompts)), key=lambda i: (len(prompts[i]), tuple(prompts[i]))):
        engine.add(index, requests[index])
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
