"""Texts as vectors that a language model makes of them: the mean of its last hidden states.

Shapes: N texts, B of a batch, T positions, C width.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from components.model.capabilities import is_encoder_decoder

BATCH_TEXTS = 32


@torch.no_grad()
def embed_texts(model: Any, texts: Sequence[Sequence[int]]) -> npt.NDArray[np.float64]:
    """One vector for each text of token ids, [N, C], in the order given; 0 for an empty text.

    Of a decoder what its output head reads, of an encoder-decoder what its encoder gives, averaged over the text.
    """
    order = sorted((index for index in range(len(texts)) if texts[index]), key=lambda index: len(texts[index]))
    found: dict[int, Tensor] = {}
    for start in range(0, len(order), BATCH_TEXTS):
        chosen = order[start : start + BATCH_TEXTS]
        rows = [torch.tensor([*texts[index]], device=model.device) for index in chosen]
        ids_BT = pad_sequence(rows, batch_first=True)
        mask_BT = pad_sequence([torch.ones_like(row) for row in rows], batch_first=True)
        states_BTC = _read_states(model, ids_BT, mask_BT).double() * mask_BT[..., None]
        means_BC = states_BTC.sum(dim=1) / mask_BT.sum(dim=1, keepdim=True)
        found.update(zip(chosen, means_BC.cpu(), strict=True))
    width = len(next(iter(found.values()))) if found else 0
    nothing = torch.zeros(width, dtype=torch.float64)
    return np.stack([found.get(index, nothing).numpy() for index in range(len(texts))]) if texts else np.empty((0, 0))


def _read_states(model: Any, ids_BT: Tensor, mask_BT: Tensor) -> Tensor:
    """Last hidden states [B, T, C]; padding stands on the right, where a decoder's earlier positions do not see it."""
    if is_encoder_decoder(model.config):
        states: Tensor = model.get_encoder()(input_ids=ids_BT, attention_mask=mask_BT).last_hidden_state
        return states
    seen: list[Tensor] = []

    def look(_: nn.Module, given: tuple[Tensor, ...]) -> None:
        seen.append(given[0])

    handle = model.get_output_embeddings().register_forward_pre_hook(look)
    try:
        model(input_ids=ids_BT, attention_mask=mask_BT, use_cache=False)
    finally:
        handle.remove()
    return seen[0]
