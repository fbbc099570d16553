"""Attention of one block on PyTorch's fused kernels, and what all blocks of a forward pass share.

Shapes: B sequences, T queries, S keys, H heads, K key-value heads, D head width, C model width.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention
from transformers import Cache, EncoderDecoderCache

from components.model.families import OntogenyDecoderConfig
from components.model.kernels import rotate
from components.model.norm import build_norm


@dataclass(frozen=True)
class AttentionInputs:
    """What every block of one forward pass is told.

    `masks` are taken by the layers in turn; None there means a plain triangle where `causal`, else everything.
    """

    masks: tuple[Tensor | None, ...]
    causal: bool
    rotation: tuple[Tensor, Tensor] | None = None
    source_BSC: Tensor | None = None
    source_mask: Tensor | None = None


class SelfAttention(nn.Module):
    """Grouped-query attention (Ainslie et al. 2023) with queries, keys and values in one projection."""

    def __init__(self, config: OntogenyDecoderConfig, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.heads, self.kv_heads = config.num_attention_heads, config.num_key_value_heads
        self.head_dim = config.hidden_size // self.heads
        self.qkv = nn.Linear(config.hidden_size, (self.heads + 2 * self.kv_heads) * self.head_dim, bias=config.use_bias)
        self.out = nn.Linear(config.hidden_size, config.hidden_size, bias=config.use_bias)
        self.q_norm = build_norm(config, self.head_dim) if config.norm_qk else None
        self.k_norm = build_norm(config, self.head_dim) if config.norm_qk else None

    def forward(self, x_BTC: Tensor, attn: AttentionInputs, cache: Cache | None) -> Tensor:
        """Mix each position with those it sees."""
        q, k, v = self.project(x_BTC, attn)
        k, v = k.transpose(1, 2).to(v.dtype) if cache is not None else k.transpose(1, 2), v.transpose(1, 2)
        if cache is not None:
            k, v = cache.update(k, v, self.layer)
        mask = attn.masks[self.layer % len(attn.masks)]
        y = attend(q.transpose(1, 2), k, v, mask, causal=attn.causal)
        return self.out(y)  # type: ignore[no-any-return]

    def project(self, x_BTC: Tensor, attn: AttentionInputs) -> tuple[Tensor, Tensor, Tensor]:
        """Queries [B, T, H, D], keys and values [B, T, K, D]; the first two normed and turned as the model has them."""
        b, t, _ = x_BTC.shape
        qkv = self.qkv(x_BTC).view(b, t, -1, self.head_dim)
        turned, v = qkv.split((self.heads + self.kv_heads, self.kv_heads), dim=2)
        if self.q_norm is not None and self.k_norm is not None:
            q, k = turned.split((self.heads, self.kv_heads), dim=2)
            q, k = self.q_norm(q), self.k_norm(k)
            if attn.rotation is not None:
                q, k = rotate(q, *attn.rotation), rotate(k, *attn.rotation)
        else:
            turned = turned if attn.rotation is None else rotate(turned, *attn.rotation)
            q, k = turned.split((self.heads, self.kv_heads), dim=2)
        return q, k, v


class CrossAttention(nn.Module):
    """Attention of the decoder over the encoder's output: no positions, no order."""

    def __init__(self, config: OntogenyDecoderConfig, layer: int) -> None:
        super().__init__()
        self.layer = layer
        self.heads, self.kv_heads = config.num_attention_heads, config.num_key_value_heads
        self.head_dim = config.hidden_size // self.heads
        self.q = nn.Linear(config.hidden_size, config.hidden_size, bias=config.use_bias)
        self.kv = nn.Linear(config.hidden_size, 2 * self.kv_heads * self.head_dim, bias=config.use_bias)
        self.out = nn.Linear(config.hidden_size, config.hidden_size, bias=config.use_bias)

    def forward(self, x_BTC: Tensor, attn: AttentionInputs, cache: EncoderDecoderCache | None) -> Tensor:
        """Mix each target position with the source; keys and values of the source are made once a text."""
        b, t, _ = x_BTC.shape
        q = self.q(x_BTC).view(b, t, self.heads, self.head_dim)
        if cache is not None and cache.is_updated.get(self.layer):
            layer = cache.cross_attention_cache.layers[self.layer]
            k, v = layer.keys, layer.values
        else:
            assert attn.source_BSC is not None
            k, v = self._read(attn.source_BSC)
            if cache is not None:
                k, v = cache.cross_attention_cache.update(k, v, self.layer)
                cache.is_updated[self.layer] = True
        return self.out(attend(q.transpose(1, 2), k, v, attn.source_mask, causal=False))  # type: ignore[no-any-return]

    def _read(self, source_BSC: Tensor) -> tuple[Tensor, Tensor]:
        b, s, _ = source_BSC.shape
        k, v = self.kv(source_BSC).view(b, s, 2 * self.kv_heads, self.head_dim).chunk(2, dim=2)
        return k.transpose(1, 2), v.transpose(1, 2)


def attend(q_BHTD: Tensor, k_BKSD: Tensor, v_BKSD: Tensor, mask: Tensor | None, *, causal: bool) -> Tensor:
    """Softmax attention with heads side by side again, [B, T, C]; a mask is boolean (sees) or added to scores."""
    dtype = find_attention_dtype(v_BKSD)
    triangle = causal and mask is None and q_BHTD.shape[2] > 1
    if mask is not None and mask.dtype is not torch.bool:
        mask = mask.to(dtype)
    with torch.autocast(v_BKSD.device.type, enabled=False):
        y = scaled_dot_product_attention(
            q_BHTD.to(dtype),
            k_BKSD.to(dtype),
            v_BKSD.to(dtype),
            attn_mask=mask,
            is_causal=triangle,
            enable_gqa=q_BHTD.shape[1] != k_BKSD.shape[1],
        )
    return y.transpose(1, 2).flatten(2).to(v_BKSD.dtype)


def find_attention_dtype(v: Tensor) -> torch.dtype:
    """The values' own, but float32 for bfloat16 training on a CPU: its kernel goes backward up to twice as fast so."""
    on_cpu = v.device.type == "cpu" and v.dtype is torch.bfloat16
    return torch.float32 if on_cpu and v.requires_grad else v.dtype
