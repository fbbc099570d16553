"""Random weights before the first step, for every family.

The library's own initialisers leave a tensor alone that was read from a file.
"""

import math

from torch import Tensor, nn
from transformers import initialization

from components.model.attention import CrossAttention, SelfAttention
from components.model.block import Block, find_beta
from components.model.experts import Experts, MixtureOfExperts, Router
from components.model.families import OntogenyDecoderConfig
from components.model.feed_forward import FeedForward


def initialise(module: nn.Module, config: OntogenyDecoderConfig) -> None:
    """Normal weights of `initializer_range`, no bias; blocks then get what depth asks of them."""
    match module:
        case nn.Linear() | nn.Embedding():
            initialization.normal_(module.weight, std=config.initializer_range)
            if getattr(module, "bias", None) is not None:
                initialization.zeros_(module.bias)
        case nn.LayerNorm() | nn.RMSNorm():
            initialization.ones_(module.weight)
            if getattr(module, "bias", None) is not None:
                initialization.zeros_(module.bias)
        case Router():
            initialization.normal_(module.weight, std=config.initializer_range)
        case Experts():
            initialization.normal_(module.up, std=config.initializer_range)
            initialization.normal_(module.down, std=config.initializer_range)
        case Block():
            _initialise_block(module, config)


def _initialise_block(block: Block, config: OntogenyDecoderConfig) -> None:
    if config.norm_kind == "deepnorm":
        _follow_deepnorm(block, find_beta(config, block.part))
    elif config.depth_scaled_init:
        # Each branch adds to the stream: N of them with 1/sqrt(N) each keep its variance (GPT-2, section 2.3).
        branches = (3 if block.cross is not None else 2) * config.num_hidden_layers
        for weight in _list_writers(block):
            initialization.normal_(weight, std=config.initializer_range / math.sqrt(branches))


def _follow_deepnorm(block: Block, beta: float) -> None:
    """Glorot weights: gain 1 for queries and keys, beta for values, outputs and the feed-forward layer."""
    own, cross = block.attention, block.cross
    queries, keys = own.heads * own.head_dim, own.kv_heads * own.head_dim
    _glorot(own.qkv.weight, [(queries, 1.0), (keys, 1.0), (keys, beta)])
    if cross is not None:
        _glorot(cross.q.weight, [(queries, 1.0)])
        _glorot(cross.kv.weight, [(keys, 1.0), (keys, beta)])
    for weight in _list_writers(block):
        _glorot(weight, [(weight.shape[-2], beta)])
    entry, width = _find_table(block.feed_forward, "up"), _find_table(block.feed_forward, "down").shape[-1]
    _glorot(entry, [(width, beta)] * (entry.shape[-2] // width))


def _glorot(weight: Tensor, parts: list[tuple[int, float]]) -> None:
    """Glorot normal weights for groups of rows, each a matrix of its own with its own gain."""
    if getattr(weight, "_is_hf_initialized", False):  # slices would not remember that it was read from a file
        return
    start = 0
    for rows, gain in parts:
        std = gain * math.sqrt(2.0 / (rows + weight.shape[-1]))
        initialization.normal_(weight[..., start : start + rows, :], std=std)
        start += rows


def _list_writers(block: Block) -> list[Tensor]:
    """The weights that write to the residual stream."""
    attentions: list[SelfAttention | CrossAttention] = [block.attention]
    if block.cross is not None:
        attentions.append(block.cross)
    return [*(attention.out.weight for attention in attentions), _find_table(block.feed_forward, "down")]


def _find_table(layer: FeedForward | MixtureOfExperts, name: str) -> Tensor:
    """A dense layer's matrix, or the table of all experts'."""
    table: Tensor = getattr(layer.experts, name) if isinstance(layer, MixtureOfExperts) else getattr(layer, name).weight
    return table
