"""Responses sampled from the policy, as the padded batch that the update works on.

Shapes: B responses, A response tokens.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from components.align.models import PolicyModels
from components.align.prompts import Prompt
from components.align.texts import Texts
from components.generation.completion import Completion
from components.generation.offline import complete
from components.generation.request import GenerationRequest
from components.generation.sampling import SamplingParams
from components.model.capabilities import read_end_ids
from components.parallel.device import find_device

CACHE_BYTES = 1 << 29
"""Keys and values of texts that are sampled together, beside all that training holds."""


class Rollout(NamedTuple):
    """Prompts with their responses; log-probabilities are the generator's own."""

    texts: Texts
    logprobs_BA: Tensor
    finished_B: Tensor
    completions: list[Completion]


def sample_rollout(
    models: PolicyModels,
    prompts: Sequence[Prompt],
    *,
    seeds: Sequence[int],
    max_new_tokens: int,
    temperature: float,
) -> Rollout:
    """One response of the rollout policy to each prompt: a collective where engines answer.

    A response depends on its seed alone, not on who shares the batch.
    """
    sampling = [SamplingParams(max_new_tokens, temperature=temperature, seed=seed) for seed in seeds]
    forced = models.force_tokens
    requests = [
        GenerationRequest(p.ids, wishes, force_tokens=forced) for p, wishes in zip(prompts, sampling, strict=True)
    ]
    completions = _complete_here(models, requests) if models.engines is None else models.engines.complete(requests)
    return pack_rollout(
        prompts,
        completions,
        pad_token_id=models.tokenizer.pad_token_id,
        device=find_device(),
        forced=[forced.find_forced(c.whole_ids) for c in completions] if forced else None,
    )


def _complete_here(models: PolicyModels, requests: list[GenerationRequest]) -> list[Completion]:
    policy = models.rollout_policy
    return complete(policy, requests, end_token_ids=read_end_ids(policy), what=None, cache_bytes=CACHE_BYTES)


def pack_rollout(
    prompts: Sequence[Prompt],
    completions: list[Completion],
    *,
    pad_token_id: int,
    device: torch.device,
    forced: list[list[bool]] | None = None,
) -> Rollout:
    """Lay prompts and responses out as one batch on the device of the networks that will read it.

    A finished response keeps the token that ended it; `forced` marks the tokens of each that a tool wrote.
    """
    responses = [c.whole_ids for c in completions]
    ids = [torch.tensor([*p.ids, *r]) for p, r in zip(prompts, responses, strict=True)]
    mask_BA = pad_sequence([torch.ones(len(r)) for r in responses], batch_first=True)
    chosen_BA = mask_BA.clone()
    for row, marks in enumerate(forced or ()):
        chosen_BA[row, : len(marks)] -= torch.tensor(marks, dtype=chosen_BA.dtype)
    texts = Texts(
        pad_sequence(ids, batch_first=True, padding_value=pad_token_id).to(device),
        torch.tensor([len(p.ids) for p in prompts], device=device),
        mask_BA.to(device),
        chosen_BA.to(device),
    )
    logprobs_BA = pad_sequence([torch.tensor(c.logprobs) for c in completions], batch_first=True).to(device)
    finished_B = torch.tensor([c.finish_reason == "stop" for c in completions], device=device)
    return Rollout(texts, logprobs_BA, finished_B, completions)
