"""Preference pairs as the networks read them, and how well a policy ranks them.

Shapes: B pairs, R = 2 B rows (the chosen answers, then the rejected ones), T tokens, A response tokens.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from components.align.models import PolicyModels
from components.align.texts import Texts
from components.datasets.preferences import Pair
from components.parallel.device import find_device


def pack_pairs(pairs: Sequence[Pair], *, pad_token_id: int) -> Texts:
    """Both sides of every pair as rows [R, T]; the response is all behind the prompt, its end token included."""
    device = find_device()
    sides = [pair.chosen_ids for pair in pairs] + [pair.rejected_ids for pair in pairs]
    prompts = [pair.prompt_tokens for pair in pairs] * 2
    responses = [torch.ones(len(ids) - prompt) for ids, prompt in zip(sides, prompts, strict=True)]
    mask_RA = pad_sequence(responses, batch_first=True).to(device)
    return Texts(
        pad_sequence([torch.tensor(ids) for ids in sides], batch_first=True, padding_value=pad_token_id).to(device),
        torch.tensor(prompts, device=device),
        mask_RA,
        mask_RA,
    )


def measure_pair_accuracy(models: PolicyModels, pairs: Sequence[Pair]) -> float:
    """Share of pairs whose chosen answer has gained more likelihood over the sft model than the rejected one.

    That is DPO's implicit reward, whatever its beta (Rafailov et al. 2023, section 4). A collective: each worker reads
    its part, as many pairs as every other, and the last one again with weight zero where they run out.
    """
    rank, world = models.mesh.data_rank, models.mesh.data_world
    share = -(-len(pairs) // world)
    places = [rank * share + index for index in range(share)]
    texts = pack_pairs(
        [pairs[min(place, len(pairs) - 1)] for place in places], pad_token_id=models.tokenizer.pad_token_id
    )
    gained_R = (models.policy_logprobs(texts) - models.reference_logprobs(texts)).sum(1)
    chosen_B, rejected_B = gained_R.chunk(2)
    counted = torch.tensor([place < len(pairs) for place in places], device=gained_R.device)
    right_B: Tensor = (chosen_B > rejected_B) & counted
    return models.mesh.sum_numbers(right_B.float().tolist()) / len(pairs)
