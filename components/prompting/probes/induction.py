"""Heads that look for what followed the last time: prefix matching on random tokens that come twice.

Source: Olsson et al. 2022 (arXiv 2209.11895). A head's score is the attention that it pays, from a token that has
stood before, to the token behind that earlier place. Shapes: B sequences, T positions, R tokens of a round, L layers,
H heads.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from components.model.attention_weights import read_attention


def draw_repeats(vocabulary: Sequence[int], sequences: int, length: int, rounds: int, seed: int) -> Tensor:
    """Token ids [B, R times rounds]: in each sequence `length` different tokens at random, again and again.

    Raises ValueError for a vocabulary of fewer tokens.
    """
    if len(vocabulary) < length:
        raise ValueError(f"{length} different tokens of {len(vocabulary)}")
    rng = np.random.default_rng(seed)
    drawn = [np.tile(rng.permutation(np.asarray(vocabulary))[:length], rounds) for _ in range(sequences)]
    return torch.from_numpy(np.stack(drawn).astype(np.int64))


def match_prefixes(weights_BHTT: Tensor, length: int) -> Tensor:
    """The prefix-matching score of each head of a layer, [H] in [0, 1], on rounds of `length` tokens.

    Of a token in a later round, the weights on all places right behind its earlier ones count together.
    """
    positions = weights_BHTT.shape[-1]
    at_T = torch.arange(positions, device=weights_BHTT.device)
    back_TT = at_T[:, None] - at_T + 1
    # Right behind a place that lies whole rounds back; before the first place there is none.
    wanted_TT = (back_TT % length == 0) & (back_TT >= length) & (at_T > 0)
    paid_BHT = (weights_BHTT * wanted_TT).sum(dim=-1)
    return paid_BHT[:, :, length:].double().mean(dim=(0, 2))


@torch.no_grad()
def score_heads(model: Any, ids_BT: Tensor, length: int) -> list[list[float]]:
    """The score of each head of each layer, [L][H]; none of a model that shows no attention."""
    layers = read_attention(model, ids_BT.to(model.device))
    return [match_prefixes(weights_BHTT, length).tolist() for weights_BHTT in layers]


@torch.no_grad()
def measure_copying(model: Any, ids_BT: Tensor, length: int) -> tuple[float, float]:
    """Mean nats of the tokens of the first round, but for its first, and of the later ones: what copying saves."""
    ids_BT = ids_BT.to(model.device)
    logits_BTV = model(input_ids=ids_BT, use_cache=False).logits[:, :-1]
    losses_BT = torch.nn.functional.cross_entropy(logits_BTV.float().transpose(1, 2), ids_BT[:, 1:], reduction="none")
    return float(losses_BT[:, : length - 1].double().mean()), float(losses_BT[:, length:].double().mean())
