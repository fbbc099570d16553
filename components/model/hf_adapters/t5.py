"""T5: an encoder and a decoder with bucketed relative positions and RMSNorm (Raffel et al. 2020, arXiv 1910.10683).

T5 does not scale its scores and, with tied embeddings, scales what the head reads; both factors move into weights.
"""

from collections.abc import Iterator
from typing import Any

import torch
from transformers import T5Config, T5ForConditionalGeneration

from components.model.families import OntogenyDecoderConfig, OntogenyEncoderDecoderConfig
from components.model.hf_adapters.adapter import State, StateDictAdapter, copy_names, rename
from components.model.hf_adapters.gpt2 import has_equal_heads

ACTIVATIONS = {"relu2": "relu2", "gelu": "gelu_new", "swiglu": "gated-silu", "geglu": "gated-gelu"}


def _describe(config: Any) -> T5Config:
    return T5Config(
        **copy_names(config),
        vocab_size=config.vocab_size,
        d_model=config.hidden_size,
        d_kv=config.hidden_size // config.num_attention_heads,
        d_ff=config.intermediate_size,
        num_layers=config.num_hidden_layers,
        num_heads=config.num_attention_heads,
        relative_attention_num_buckets=config.relative_buckets,
        relative_attention_max_distance=config.relative_max_distance,
        layer_norm_epsilon=config.norm_eps,
        feed_forward_proj=ACTIVATIONS[config.activation],
        decoder_start_token_id=config.decoder_start_token_id,
        max_position_embeddings=config.max_position_embeddings,
        dropout_rate=0.0,
    )


def _read(config: Any) -> OntogenyDecoderConfig | None:
    known = {theirs: ours for ours, theirs in ACTIVATIONS.items()}
    same_depth = config.num_decoder_layers in (None, config.num_layers)
    if config.feed_forward_proj not in known or not same_depth or config.d_kv * config.num_heads != config.d_model:
        return None
    return OntogenyEncoderDecoderConfig(
        **copy_names(config),
        vocab_size=config.vocab_size,
        hidden_size=config.d_model,
        intermediate_size=config.d_ff,
        num_hidden_layers=config.num_layers,
        num_attention_heads=config.num_heads,
        num_key_value_heads=config.num_heads,
        max_position_embeddings=getattr(config, "max_position_embeddings", None) or 512,
        relative_buckets=config.relative_attention_num_buckets,
        relative_max_distance=config.relative_attention_max_distance,
        norm_eps=config.layer_norm_epsilon,
        activation=known[config.feed_forward_proj],
        position_kind="t5_relative",
        decoder_start_token_id=config.decoder_start_token_id,
    )


def _name(config: OntogenyDecoderConfig) -> dict[str, str]:
    names = {"model.encoder.embed_tokens.weight": "shared.weight"}
    for ours, theirs in (("model.encoder.stack", "encoder"), ("model.decoder", "decoder")):
        names[f"{ours}.norm.weight"] = f"{theirs}.final_layer_norm.weight"
        first = f"{theirs}.block.0.layer.0.SelfAttention"
        names[f"{ours}.relative.weight"] = f"{first}.relative_attention_bias.weight"
        for i in range(config.num_hidden_layers):
            block, last = f"{theirs}.block.{i}.layer", 2 if theirs == "decoder" else 1
            parts = {
                "attention_residual.norm": f"{block}.0.layer_norm",
                "attention.out": f"{block}.0.SelfAttention.o",
                "cross_residual.norm": f"{block}.1.layer_norm",
                "cross.q": f"{block}.1.EncDecAttention.q",
                "cross.out": f"{block}.1.EncDecAttention.o",
                "feed_forward_residual.norm": f"{block}.{last}.layer_norm",
                "feed_forward.down": f"{block}.{last}.DenseReluDense.wo",
            }
            if theirs == "encoder":
                parts = {name: to for name, to in parts.items() if not name.startswith("cross")}
            names |= {f"{ours}.layers.{i}.{name}.weight": f"{to}.weight" for name, to in parts.items()}
    return names


def _list_fused(config: OntogenyDecoderConfig) -> Iterator[tuple[str, list[str]]]:
    """Our fused matrix, and theirs in order."""
    gated = config.activation in ("swiglu", "geglu")
    for ours, theirs, last in (("model.encoder.stack", "encoder", 1), ("model.decoder", "decoder", 2)):
        for i in range(config.num_hidden_layers):
            block = f"{theirs}.block.{i}.layer"
            yield f"{ours}.layers.{i}.attention.qkv.weight", [f"{block}.0.SelfAttention.{n}.weight" for n in "qkv"]
            if theirs == "decoder":
                yield f"{ours}.layers.{i}.cross.kv.weight", [f"{block}.1.EncDecAttention.{n}.weight" for n in "kv"]
            inner = ("wi_0", "wi_1") if gated else ("wi",)
            yield (
                f"{ours}.layers.{i}.feed_forward.up.weight",
                [f"{block}.{last}.DenseReluDense.{n}.weight" for n in inner],
            )


def _scale(state: State, config: OntogenyDecoderConfig, power: float) -> State:
    """Move the factors on scores and on the head's input into weights (-1), or out of them (+1)."""
    scores = (config.hidden_size / config.num_attention_heads) ** (0.5 * power)
    output = config.hidden_size ** (-0.5 * power)
    scaled = {}
    for name, tensor in state.items():
        if name.endswith("Attention.q.weight"):
            scaled[name] = tensor * scores
        elif name == "decoder.final_layer_norm.weight":
            scaled[name] = tensor * output
        else:
            scaled[name] = tensor
    return scaled


def _export(state: State, config: OntogenyDecoderConfig) -> State:
    found = rename(state, _name(config))
    for ours, theirs in _list_fused(config):
        if ours in state:
            found |= dict(zip(theirs, state[ours].chunk(len(theirs)), strict=True))
    return _scale(found, config, -1.0)


def _import(state: State, config: OntogenyDecoderConfig) -> State:
    state = _scale(state, config, 1.0)
    found = rename(state, {theirs: ours for ours, theirs in _name(config).items()})
    fused = {ours: theirs for ours, theirs in _list_fused(config) if theirs[0] in state}
    return found | {ours: torch.cat([state[name] for name in theirs]) for ours, theirs in fused.items()}


T5 = StateDictAdapter(
    T5ForConditionalGeneration,
    requires={"position_kind": "t5_relative"},
    translates=frozenset({"relative_buckets", "relative_max_distance", "activation"}),
    holds=lambda config: has_equal_heads(config) and bool(config.tie_word_embeddings),
    describe=_describe,
    read=_read,
    export_state=_export,
    import_state=_import,
    encoder_decoder=True,
)
