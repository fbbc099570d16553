"""What each head of a model looks at: attention weights, which fused kernels never write down.

A decoder of ours has its queries and keys computed once more beside its own forward pass; one of the library's is asked
by its eager implementation. INT8 layers sit below either way. Shapes: B sequences, T positions, H heads, K key-value
heads, D head width.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from components.model.attention import AttentionInputs, SelfAttention
from components.model.capabilities import is_encoder_decoder

EAGER = "eager"
"""The library's name for the implementation that returns weights."""


@torch.no_grad()
def read_attention(model: Any, ids_BT: Tensor) -> list[Tensor]:
    """Weights of every layer, [B, H, T, T] in float32, from each position to those it sees.

    Rows sum to 1, or to less where a model has attention sinks. Of an encoder-decoder, and of a model that has or shows
    no attention, there are none.
    """
    if is_encoder_decoder(model.config):
        return []
    own = [module for module in model.modules() if isinstance(module, SelfAttention)]
    return _record(model, own, ids_BT) if own else _ask(model, ids_BT)


def _record(model: Any, layers: list[SelfAttention], ids_BT: Tensor) -> list[Tensor]:
    found: dict[int, Tensor] = {}

    def look(layer: SelfAttention, given: tuple[Tensor, AttentionInputs, object]) -> None:
        x_BTC, attn, _ = given
        q_BTHD, k_BTKD, _ = layer.project(x_BTC, attn)
        mask = attn.masks[layer.layer % len(attn.masks)]
        found[layer.layer] = weigh(q_BTHD.transpose(1, 2), k_BTKD.transpose(1, 2), mask)

    handles = [layer.register_forward_pre_hook(look) for layer in layers]
    try:
        model(input_ids=ids_BT, use_cache=False)
    finally:
        for handle in handles:
            handle.remove()
    return [found[index] for index in sorted(found)]


def weigh(q_BHTD: Tensor, k_BKTD: Tensor, mask: Tensor | None) -> Tensor:
    """Softmax of the scaled products, [B, H, T, T] in float32, as `attention.attend` has it; no mask is a triangle."""
    k_BHTD = k_BKTD.float().repeat_interleave(q_BHTD.shape[1] // k_BKTD.shape[1], dim=1)
    scores = q_BHTD.float() @ k_BHTD.transpose(-2, -1) / q_BHTD.shape[-1] ** 0.5
    if mask is None:
        mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
    scores = scores.masked_fill(~mask, float("-inf")) if mask.dtype is torch.bool else scores + mask
    weights: Tensor = scores.softmax(dim=-1)
    return weights


def _ask(model: Any, ids_BT: Tensor) -> list[Tensor]:
    with _eager(model):
        found = getattr(model(input_ids=ids_BT, use_cache=False, output_attentions=True), "attentions", None)
    # A recurrent model has none, or calls something else by that name.
    return [layer.float() for layer in found or () if layer is not None and layer.ndim == 4]


@contextmanager
def _eager(model: Any) -> Iterator[None]:
    before = model.config._attn_implementation
    model.set_attn_implementation(EAGER)
    try:
        yield
    finally:
        model.set_attn_implementation(before)
