"""Responses sampled from the policy, as the padded batch that the update works on.

Shapes: B responses, T tokens, A = T - 1 actions.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from components.align.prompts import Prompt
from components.generation.engine import Completion, SamplingParams, generate


class Rollout(NamedTuple):
    """Prompts with their responses, right-padded; log-probabilities are the generator's own."""

    ids_BT: Tensor
    mask_BA: Tensor
    logprobs_BA: Tensor
    finished_B: Tensor
    completions: list[Completion]

    @property
    def tokens_B(self) -> Tensor:
        """Tokens of each response, its end token included."""
        return self.mask_BA.sum(1)


def sample_rollout(
    model: Any,
    prompts: Sequence[Prompt],
    *,
    seeds: Sequence[int],
    max_new_tokens: int,
    temperature: float,
    end_token_ids: Collection[int],
    pad_token_id: int,
) -> Rollout:
    """One response to each prompt; a response depends on its own seed alone, not on who shares the batch."""
    sampling = [SamplingParams(max_new_tokens, temperature=temperature, seed=seed) for seed in seeds]
    completions = generate(model, [p.ids for p in prompts], sampling, end_token_ids=end_token_ids, what=None)
    return pack_rollout(prompts, completions, pad_token_id=pad_token_id, device=model.device)


def pack_rollout(
    prompts: Sequence[Prompt], completions: list[Completion], *, pad_token_id: int, device: torch.device
) -> Rollout:
    """Lay prompts and responses out as one batch on the device of the networks that will read it.

    A finished response keeps the token that ended it as an action.
    """
    rows = [p.ids + c.whole_ids for p, c in zip(prompts, completions, strict=True)]
    width = max(len(row) for row in rows)
    ids_BT = torch.full((len(rows), width), pad_token_id)
    mask_BA = torch.zeros(len(rows), width - 1)
    logprobs_BA = torch.zeros(len(rows), width - 1)
    for b, (row, prompt, completion) in enumerate(zip(rows, prompts, completions, strict=True)):
        ids_BT[b, : len(row)] = torch.tensor(row)
        actions = slice(len(prompt.ids) - 1, len(row) - 1)
        mask_BA[b, actions] = 1.0
        logprobs_BA[b, actions] = torch.tensor(completion.logprobs)
    finished_B = torch.tensor([c.finish_reason == "stop" for c in completions])
    return Rollout(ids_BT.to(device), mask_BA.to(device), logprobs_BA.to(device), finished_B.to(device), completions)
