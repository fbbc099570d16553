"""Llama: RMSNorm before each branch, rotary positions, SwiGLU (Touvron et al. 2023, arXiv 2302.13971)."""

from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from components.model.families import OntogenyDecoderConfig
from components.model.hf_adapters.adapter import State, StateDictAdapter, copy_names, invert, rename
from components.model.position import YARN_FAST, YARN_SLOW

SAME_NAMES = (
    "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
    "num_key_value_heads", "max_position_embeddings", "initializer_range",
)  # fmt: skip

ROPE = frozenset({"rope_base", "rope_scaling_kind", "rope_scaling_factor", "rope_scaling_from"})
"""Fields of a rotation, which Llama and Mixtral both write down."""
YARN_FIELDS = {"rope_type", "rope_theta", "factor", "original_max_position_embeddings", "beta_fast", "beta_slow"}
OUR_RAMP = ((None, None), (YARN_FAST, YARN_SLOW))


def describe_rotary(config: OntogenyDecoderConfig) -> dict[str, Any]:
    """The fields that Llama and Mixtral have in common."""
    return {
        **copy_names(config, *SAME_NAMES),
        "rms_norm_eps": config.norm_eps,
        "attention_dropout": 0.0,
        "rope_parameters": _describe_rope(config),
    }


def read_rotary(config: Any) -> dict[str, Any] | None:
    """Our fields of a Llama or Mixtral; None for a rotation or a head width that we do not have."""
    rope = config.rope_parameters
    kind = rope.get("rope_type", "default")
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    ramp = (rope.get("beta_fast"), rope.get("beta_slow"))
    if kind not in ("default", "linear", "yarn") or head_dim * config.num_attention_heads != config.hidden_size:
        return None
    if kind == "yarn" and (not set(rope) <= YARN_FIELDS or ramp not in OUR_RAMP):
        return None
    return {
        **copy_names(config, *SAME_NAMES),
        "norm_eps": config.rms_norm_eps,
        "rope_base": rope["rope_theta"],
        "rope_scaling_kind": "none" if kind == "default" else kind,
        "rope_scaling_factor": rope.get("factor", 1.0),
        "rope_scaling_from": rope.get("original_max_position_embeddings", config.max_position_embeddings),
    }


def name_rotary(config: OntogenyDecoderConfig) -> dict[str, str]:
    """Tensors that only change their names."""
    names = {
        "model.embed_tokens.weight": "model.embed_tokens.weight",
        "model.stack.norm.weight": "model.norm.weight",
        "lm_head.weight": "lm_head.weight",
    }
    for i in range(config.num_hidden_layers):
        ours, theirs = f"model.stack.layers.{i}", f"model.layers.{i}"
        names |= {
            f"{ours}.attention_residual.norm.weight": f"{theirs}.input_layernorm.weight",
            f"{ours}.feed_forward_residual.norm.weight": f"{theirs}.post_attention_layernorm.weight",
            f"{ours}.attention.out.weight": f"{theirs}.self_attn.o_proj.weight",
            f"{ours}.attention.out.bias": f"{theirs}.self_attn.o_proj.bias",
            f"{ours}.feed_forward.down.weight": f"{theirs}.mlp.down_proj.weight",
            f"{ours}.feed_forward.down.bias": f"{theirs}.mlp.down_proj.bias",
        }
    return names


def split_attention(state: State, config: OntogenyDecoderConfig) -> State:
    """One projection becomes three."""
    width = config.hidden_size // config.num_attention_heads
    heads = [config.num_attention_heads, config.num_key_value_heads, config.num_key_value_heads]
    found = {}
    for i in range(config.num_hidden_layers):
        for kind in ("weight", "bias"):
            fused = state.get(f"model.stack.layers.{i}.attention.qkv.{kind}")
            if fused is not None:
                for name, part in zip("qkv", torch.split(fused, [h * width for h in heads]), strict=True):
                    found[f"model.layers.{i}.self_attn.{name}_proj.{kind}"] = part
    return found


def fuse_attention(state: State, config: OntogenyDecoderConfig) -> State:
    """Three projections become one."""
    found = {}
    for i in range(config.num_hidden_layers):
        for kind in ("weight", "bias"):
            names = [f"model.layers.{i}.self_attn.{name}_proj.{kind}" for name in "qkv"]
            if names[0] in state:
                found[f"model.stack.layers.{i}.attention.qkv.{kind}"] = torch.cat([state[name] for name in names])
    return found


def _describe_rope(config: OntogenyDecoderConfig) -> dict[str, Any]:
    base = {"rope_theta": config.rope_base}
    if config.rope_scaling_kind == "none":
        return {"rope_type": "default", **base}
    factor = {"rope_type": config.rope_scaling_kind, "factor": config.rope_scaling_factor, **base}
    trained = {"original_max_position_embeddings": config.rope_scaling_from}
    return factor | (trained if config.rope_scaling_kind == "yarn" else {})


def _describe(config: OntogenyDecoderConfig) -> LlamaConfig:
    return LlamaConfig(**describe_rotary(config), attention_bias=config.use_bias, mlp_bias=config.use_bias)


def _read(config: LlamaConfig) -> OntogenyDecoderConfig | None:
    fields = read_rotary(config)
    if fields is None or config.hidden_act != "silu" or config.attention_bias != config.mlp_bias:
        return None
    return OntogenyDecoderConfig(**fields, use_bias=config.attention_bias)


def _export(state: State, config: OntogenyDecoderConfig) -> State:
    found = rename(state, name_rotary(config)) | split_attention(state, config)
    for i in range(config.num_hidden_layers):
        for kind in ("weight", "bias"):
            fused = state.get(f"model.stack.layers.{i}.feed_forward.up.{kind}")
            if fused is not None:
                gate, up = fused.chunk(2)
                found[f"model.layers.{i}.mlp.gate_proj.{kind}"] = gate
                found[f"model.layers.{i}.mlp.up_proj.{kind}"] = up
    return found


def _import(state: State, config: OntogenyDecoderConfig) -> State:
    found = rename(state, invert(name_rotary(config))) | fuse_attention(state, config)
    for i in range(config.num_hidden_layers):
        for kind in ("weight", "bias"):
            names = [f"model.layers.{i}.mlp.{part}_proj.{kind}" for part in ("gate", "up")]
            if names[0] in state:
                found[f"model.stack.layers.{i}.feed_forward.up.{kind}"] = torch.cat([state[name] for name in names])
    return found


LLAMA = StateDictAdapter(
    LlamaForCausalLM,
    requires={},
    translates=ROPE | {"use_bias"},
    holds=lambda config: True,
    describe=_describe,
    read=_read,
    export_state=_export,
    import_state=_import,
)
