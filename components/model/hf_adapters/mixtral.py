"""Mixtral: a Llama whose feed-forward layers are experts, two for each token (Jiang et al. 2024, arXiv 2401.04088)."""

from transformers import MixtralConfig, MixtralForCausalLM

from components.model.families import OntogenyDecoderConfig
from components.model.hf_adapters.adapter import State, StateDictAdapter, invert, rename
from components.model.hf_adapters.llama import (
    ROPE,
    describe_rotary,
    fuse_attention,
    name_rotary,
    read_rotary,
    split_attention,
)


def _describe(config: OntogenyDecoderConfig) -> MixtralConfig:
    return MixtralConfig(
        **describe_rotary(config),
        num_local_experts=config.num_experts,
        num_experts_per_tok=2,
        router_aux_loss_coef=config.balance_coefficient,
        sliding_window=None,
    )


def _read(config: MixtralConfig) -> OntogenyDecoderConfig | None:
    fields = read_rotary(config)
    if fields is None or config.hidden_act != "silu" or config.num_experts_per_tok != 2 or config.sliding_window:
        return None
    return OntogenyDecoderConfig(
        **fields,
        feed_forward_kind="top2",
        num_experts=config.num_local_experts,
        balance_coefficient=config.router_aux_loss_coef,
    )


def _name(config: OntogenyDecoderConfig) -> dict[str, str]:
    names = name_rotary(config)
    for i in range(config.num_hidden_layers):
        ours, theirs = f"model.stack.layers.{i}.feed_forward", f"model.layers.{i}.mlp"
        names |= {
            f"{ours}.router.weight": f"{theirs}.gate.weight",
            f"{ours}.experts.up": f"{theirs}.experts.gate_up_proj",
            f"{ours}.experts.down": f"{theirs}.experts.down_proj",
        }
    return names


def _export(state: State, config: OntogenyDecoderConfig) -> State:
    return rename(state, _name(config)) | split_attention(state, config)


def _import(state: State, config: OntogenyDecoderConfig) -> State:
    return rename(state, invert(_name(config))) | fuse_attention(state, config)


MIXTRAL = StateDictAdapter(
    MixtralForCausalLM,
    requires={"feed_forward_kind": "top2"},
    translates=ROPE | {"num_experts"},
    holds=lambda config: True,
    describe=_describe,
    read=_read,
    export_state=_export,
    import_state=_import,
)
