"""BLOOM: GPT-2's blocks under ALiBi, with a norm on the embedding (Le Scao et al. 2022, arXiv 2211.05100)."""

from typing import Any

from torch import Tensor
from transformers import BloomConfig, BloomForCausalLM

from components.model.families import OntogenyDecoderConfig
from components.model.hf_adapters.adapter import State, StateDictAdapter, copy_names, invert, rename
from components.model.hf_adapters.gpt2 import BIASED, has_equal_heads


def _describe(config: OntogenyDecoderConfig) -> BloomConfig:
    return BloomConfig(
        **copy_names(config),
        vocab_size=config.vocab_size,
        hidden_size=config.hidden_size,
        n_layer=config.num_hidden_layers,
        n_head=config.num_attention_heads,
        layer_norm_epsilon=config.norm_eps,
        initializer_range=config.initializer_range,
        max_position_embeddings=config.max_position_embeddings,
    )


def _read(config: Any) -> OntogenyDecoderConfig | None:
    if config.apply_residual_connection_post_layernorm:
        return None
    return OntogenyDecoderConfig(
        **copy_names(config),
        vocab_size=config.vocab_size,
        # BLOOM itself has no longest text; 2048 is what its authors trained.
        max_position_embeddings=getattr(config, "max_position_embeddings", None) or 2048,
        hidden_size=config.hidden_size,
        num_hidden_layers=config.n_layer,
        num_attention_heads=config.n_head,
        num_key_value_heads=config.n_head,
        intermediate_size=4 * config.hidden_size,
        norm_kind="layernorm",
        norm_eps=config.layer_norm_epsilon,
        norm_embedding=True,
        activation="gelu",
        position_kind="alibi",
        use_bias=True,
        initializer_range=config.initializer_range,
    )


def _name(config: OntogenyDecoderConfig) -> dict[str, str]:
    names = {"model.embed_tokens.weight": "transformer.word_embeddings.weight", "lm_head.weight": "lm_head.weight"}
    parts = {
        "attention_residual.norm": "input_layernorm",
        "attention.qkv": "self_attention.query_key_value",
        "attention.out": "self_attention.dense",
        "feed_forward_residual.norm": "post_attention_layernorm",
        "feed_forward.up": "mlp.dense_h_to_4h",
        "feed_forward.down": "mlp.dense_4h_to_h",
    }
    for kind in ("weight", "bias"):
        names[f"model.stack.embedding_norm.{kind}"] = f"transformer.word_embeddings_layernorm.{kind}"
        names[f"model.stack.norm.{kind}"] = f"transformer.ln_f.{kind}"
        for i in range(config.num_hidden_layers):
            for ours, theirs in parts.items():
                names[f"model.stack.layers.{i}.{ours}.{kind}"] = f"transformer.h.{i}.{theirs}.{kind}"
    return names


def _interleave(fused: Tensor, heads: int) -> Tensor:
    """Query, key and value of each head side by side, instead of all queries first."""
    return _swap(fused, 3, heads)


def _separate(fused: Tensor, heads: int) -> Tensor:
    return _swap(fused, heads, 3)


def _swap(fused: Tensor, outer: int, inner: int) -> Tensor:
    parts = fused.view(outer, inner, -1, *fused.shape[1:])
    return parts.transpose(0, 1).reshape(fused.shape)


def _export(state: State, config: OntogenyDecoderConfig) -> State:
    heads = config.num_attention_heads
    turned = {name: _interleave(t, heads) if ".qkv." in name else t for name, t in state.items()}
    return rename(turned, _name(config))


def _import(state: State, config: OntogenyDecoderConfig) -> State:
    heads = config.num_attention_heads
    turned = {name: _separate(t, heads) if ".query_key_value." in name else t for name, t in state.items()}
    return rename(turned, invert(_name(config)))


BLOOM = StateDictAdapter(
    BloomForCausalLM,
    requires={**BIASED, "position_kind": "alibi", "norm_embedding": True},
    translates=frozenset(),
    holds=lambda config: has_equal_heads(config) and config.intermediate_size == 4 * config.hidden_size,
    describe=_describe,
    read=_read,
    export_state=_export,
    import_state=_import,
)
