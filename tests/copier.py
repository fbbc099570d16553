"""A decoder of two layers that nobody trained: a head that looks one token back, and one that copies.

The residual stream is [token | position | token before | token next]. Layer 0 looks from each position to the one
before it and writes down which token stands there; layer 1 looks from a token to where it was the token before, and
writes down what stands there (an induction head: Elhage et al. 2021; Olsson et al. 2022, arXiv 2209.11895).
"""

import torch
from transformers import PreTrainedModel

from components.model.build import Vocabulary
from tests.shapes import make_model

TOKENS, POSITIONS = 24, 40
WIDTH = 3 * TOKENS + POSITIONS
SHARP = 1e3
TOKEN, PLACE = slice(0, TOKENS), slice(TOKENS, TOKENS + POSITIONS)
BEFORE, NEXT = slice(TOKENS + POSITIONS, WIDTH - TOKENS), slice(WIDTH - TOKENS, WIDTH)


@torch.no_grad()
def write_copier() -> PreTrainedModel:
    """The model; its vocabulary is TOKENS ids, its context POSITIONS."""
    model = make_model(
        Vocabulary(size=TOKENS, pad_token_id=0, eos_token_id=1),
        hidden_size=WIDTH,
        num_heads=1,
        num_kv_heads=1,
        max_positions=POSITIONS,
        position={"kind": "learned"},
        tie_embeddings=False,
    )
    for name, weight in model.named_parameters():
        if "norm" not in name and "residual" not in name:
            weight.zero_()
    same, stack = torch.eye(TOKENS), model.model.stack
    model.model.embed_tokens.weight[:, TOKEN] = same
    stack.positions.weight[:, PLACE] = torch.eye(POSITIONS)
    back, copy = (layer.attention for layer in stack.layers)
    for layer in (back, copy):
        layer.out.weight.copy_(torch.eye(WIDTH))
    queries, keys, values = back.qkv.weight.view(3, WIDTH, WIDTH)
    queries[PLACE, PLACE] = SHARP * torch.eye(POSITIONS).roll(-1, 0)
    queries[PLACE.stop - 1] = 0.0  # nothing stands before the first
    keys[PLACE, PLACE] = torch.eye(POSITIONS)
    values[BEFORE, TOKEN] = same
    queries, keys, values = copy.qkv.weight.view(3, WIDTH, WIDTH)
    queries[TOKEN, TOKEN] = SHARP * same
    keys[TOKEN, BEFORE] = same
    keys[TOKEN, TOKEN] = -same  # the first token took itself for the one before it
    values[NEXT, TOKEN] = same
    model.lm_head.weight[:, NEXT] = SHARP * same
    return model
