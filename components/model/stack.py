"""A stack of blocks: an encoder, a decoder, or the decoder of an encoder–decoder.

Shapes: B sequences, T queries, S keys, H heads, C model width.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from transformers import Cache

from components.model.attention import AttentionInputs
from components.model.block import Block
from components.model.families import OntogenyDecoderConfig
from components.model.initialisation import plan_block
from components.model.masks import build_masks, find_distance, find_segments, list_patterns, visible_mask
from components.model.norm import build_norm
from components.model.position import (
    alibi_bias,
    alibi_slopes,
    rope_angles,
    rope_frequencies,
    sinusoids,
    t5_buckets,
)


class Source(NamedTuple):
    """What the decoder of an encoder–decoder reads: the encoder's output [B, S, C] and which of it is text [B, S]."""

    hidden_BSC: Tensor | None
    mask_BS: Tensor | None


class StackOutput(NamedTuple):
    """The last hidden state [B, T, C] and the router losses summed over layers [2], if there are routers."""

    hidden_BTC: Tensor
    router_losses_2: Tensor | None


class Stack(nn.Module):
    """Positions, blocks and the last norm."""

    def __init__(self, config: OntogenyDecoderConfig, *, is_decoder: bool, cross_attention: bool = False) -> None:
        super().__init__()
        self.config, self.is_decoder = config, is_decoder
        self.two_sided = not is_decoder or config.prefix_attention
        kind, width = config.position_kind, config.hidden_size
        self.positions = nn.Embedding(config.max_position_embeddings, width) if kind == "learned" else None
        relative = kind == "t5_relative"
        self.relative = nn.Embedding(config.relative_buckets, config.num_attention_heads) if relative else None
        self.embedding_norm = build_norm(config, config.hidden_size) if config.norm_embedding else None
        blocks = [
            Block(config, i, is_decoder=is_decoder, cross_attention=cross_attention)
            for i in range(config.num_hidden_layers)
        ]
        for block in blocks:
            plan_block(block, config)
        self.layers = nn.ModuleList(blocks)
        self.norm = build_norm(config, config.hidden_size) if config.norm_position != "post" else None

    def forward(
        self,
        x_BTC: Tensor,
        *,
        positions_BT: Tensor | None = None,
        attention_mask: Tensor | None = None,
        prefix_BT: Tensor | None = None,
        cache: Cache | None = None,
        source: Source | None = None,
    ) -> StackOutput:
        """Run every block; `cache` receives this call's keys and values and gives the earlier ones."""
        past = cache.get_seq_length() if cache is not None else 0
        segments = None if positions_BT is None or past else find_segments(positions_BT)
        if positions_BT is None:
            positions_BT = torch.arange(past, past + x_BTC.shape[1], device=x_BTC.device)[None]
        x_BTC = self._embed_positions(x_BTC, positions_BT)
        if attention_mask is not None and attention_mask.dim() == 4:
            # A finished mask over slots: a key's slot is its position, so distances come from there.
            distance = find_distance(positions_BT, attention_mask.shape[-1])
            visible: Tensor | None = (
                attention_mask[:, 0] if attention_mask.dtype is torch.bool else attention_mask[:, 0] == 0
            )
        else:
            # Else a key's place in the row counts, wherever its text's own positions begin.
            places = torch.arange(past, past + x_BTC.shape[1], device=x_BTC.device)[None]
            distance = find_distance(places, past + x_BTC.shape[1])
            visible = visible_mask(distance, attention_mask, prefix_BT, segments, ordered=self.is_decoder)
        attn = self._gather_inputs(positions_BT, distance, visible, source)
        losses = []
        for layer in self.layers:
            x_BTC, losses_2 = layer(x_BTC, attn, cache)
            if losses_2 is not None:
                losses.append(losses_2)
        hidden = x_BTC if self.norm is None else self.norm(x_BTC)
        return StackOutput(hidden, torch.stack(losses).sum(0) if losses else None)

    def _embed_positions(self, x_BTC: Tensor, positions_BT: Tensor) -> Tensor:
        config = self.config
        if self.positions is not None:
            x_BTC = x_BTC + self.positions(positions_BT)
        elif config.position_kind == "sinusoidal":
            table = sinusoids(positions_BT, config.hidden_size, config.rope_base)
            x_BTC = x_BTC * config.hidden_size**0.5 + table.to(x_BTC.dtype)
        return x_BTC if self.embedding_norm is None else self.embedding_norm(x_BTC)

    def _gather_inputs(
        self, positions_BT: Tensor, distance: Tensor, visible: Tensor | None, source: Source | None
    ) -> AttentionInputs:
        config = self.config
        patterns = list_patterns(
            config.attention_kind, distance, window=config.attention_window, stride=config.attention_stride
        )
        return AttentionInputs(
            masks=build_masks(distance, visible, patterns, self._bias(distance), ordered=self.is_decoder),
            causal=self.is_decoder,
            rotation=self._rotation(positions_BT),
            source_BSC=None if source is None else source.hidden_BSC,
            source_mask=None if source is None or source.mask_BS is None else source.mask_BS.bool()[:, None, None],
        )

    def _rotation(self, positions_BT: Tensor) -> tuple[Tensor, Tensor] | None:
        if self.config.position_kind != "rope":
            return None
        frequencies, scale = rope_frequencies(self.config, positions_BT.device)
        return rope_angles(positions_BT, frequencies, scale)

    def _bias(self, distance: Tensor) -> Tensor | None:
        """What positions add to the scores, [1 or B, H, T, S]; ALiBi stays in float32, where 63.2 is not 63."""
        config = self.config
        if config.position_kind == "alibi":
            return alibi_bias(distance, alibi_slopes(config.num_attention_heads).to(distance.device))
        if self.relative is None:
            return None
        places = t5_buckets(
            distance,
            buckets=config.relative_buckets,
            max_distance=config.relative_max_distance,
            bidirectional=self.two_sided,
        )
        return self.relative(places).movedim(-1, 1)  # type: ignore[no-any-return]
