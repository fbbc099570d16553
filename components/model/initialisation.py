"""Random weights before the first step, for every family.

The transformers library calls leaf modules one by one when it builds a model of ours, so what depth asks of a block's
weights is written down on its leaves when the block is built. Its own initialisers leave alone what a file gave.
"""

import math

from torch import Tensor, nn
from transformers import initialization

from components.model.attention import CrossAttention, SelfAttention
from components.model.block import Block, find_beta
from components.model.experts import Experts, MixtureOfExperts, Router
from components.model.families import OntogenyDecoderConfig
from components.model.feed_forward import FeedForward

Parts = list[tuple[int, float]]
"""Groups of a matrix's rows, each with its own standard deviation."""


def initialise(module: nn.Module, config: OntogenyDecoderConfig) -> None:
    """Normal weights of `initializer_range`, or what was planned; no bias, gains of one."""
    if isinstance(module, nn.LayerNorm | nn.RMSNorm):
        initialization.ones_(module.weight)
    elif isinstance(module, nn.Linear | nn.Embedding | Router | Experts):
        planned: dict[str, Parts] = getattr(module, "planned_weights", {})
        for name, weight in module.named_parameters(recurse=False):
            if name != "bias":
                _fill(weight, planned.get(name, [(weight.shape[-2], config.initializer_range)]))
    if getattr(module, "bias", None) is not None:
        initialization.zeros_(module.bias)


def plan_block(block: Block, config: OntogenyDecoderConfig) -> None:
    """Write down what DeepNorm, or scaling by depth, asks of a block's weights."""
    if config.norm_kind == "deepnorm":
        _plan_deepnorm(block, find_beta(config, is_decoder=block.is_decoder))
    elif config.depth_scaled_init:
        # Each branch adds to the stream: N of them with 1/sqrt(N) each keep its variance (GPT-2, section 2.3).
        branches = (3 if block.cross is not None else 2) * config.num_hidden_layers
        for module, name in _list_writers(block):
            rows = getattr(module, name).shape[-2]
            _plan(module, name, [(rows, config.initializer_range / math.sqrt(branches))])


def _plan_deepnorm(block: Block, beta: float) -> None:
    """Glorot weights: gain 1 for queries and keys, beta for values, outputs and the feed-forward layer."""
    own, cross = block.attention, block.cross
    queries, keys = own.heads * own.head_dim, own.kv_heads * own.head_dim
    _plan_glorot(own.qkv, "weight", [(queries, 1.0), (keys, 1.0), (keys, beta)])
    if cross is not None:
        _plan_glorot(cross.q, "weight", [(queries, 1.0)])
        _plan_glorot(cross.kv, "weight", [(keys, 1.0), (keys, beta)])
    for module, name in _list_writers(block):
        _plan_glorot(module, name, [(getattr(module, name).shape[-2], beta)])
    (module, name), (last, last_name) = (_find_table(block.feed_forward, part) for part in ("up", "down"))
    width = getattr(last, last_name).shape[-1]
    _plan_glorot(module, name, [(width, beta)] * (getattr(module, name).shape[-2] // width))


def _plan_glorot(module: nn.Module, name: str, gains: Parts) -> None:
    """Each group of rows is a matrix of its own: a standard deviation of gain * sqrt(2 / (rows + columns))."""
    columns = getattr(module, name).shape[-1]
    _plan(module, name, [(rows, gain * math.sqrt(2.0 / (rows + columns))) for rows, gain in gains])


def _plan(module: nn.Module, name: str, parts: Parts) -> None:
    module.planned_weights = {**getattr(module, "planned_weights", {}), name: parts}  # type: ignore[assignment]


def _fill(weight: Tensor, parts: Parts) -> None:
    if getattr(weight, "_is_hf_initialized", False):  # slices would not remember that a file gave it
        return
    start = 0
    for rows, std in parts:
        initialization.normal_(weight[..., start : start + rows, :], std=std)
        start += rows


def _list_writers(block: Block) -> list[tuple[nn.Module, str]]:
    """The weights that write to the residual stream."""
    attentions: list[SelfAttention | CrossAttention] = [block.attention]
    if block.cross is not None:
        attentions.append(block.cross)
    return [*((attention.out, "weight") for attention in attentions), _find_table(block.feed_forward, "down")]


def _find_table(layer: FeedForward | MixtureOfExperts, part: str) -> tuple[nn.Module, str]:
    """A dense layer's matrix, or the table of all experts'."""
    return (layer.experts, part) if isinstance(layer, MixtureOfExperts) else (getattr(layer, part), "weight")
