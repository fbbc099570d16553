"""GPT-2: LayerNorm before each branch, learned positions, GELU, biases (Radford et al. 2019)."""

from typing import Any

from transformers import GPT2Config, GPT2LMHeadModel

from components.model.families import OntogenyDecoderConfig
from components.model.hf_adapters.adapter import State, StateDictAdapter, copy_names, invert, rename

BIASED = {"norm_kind": "layernorm", "activation": "gelu", "use_bias": True}
"""What GPT-2 and BLOOM have in common."""


def has_equal_heads(config: OntogenyDecoderConfig) -> bool:
    """Whether every query head has a key head of its own."""
    return bool(config.num_key_value_heads == config.num_attention_heads)


def _describe(config: OntogenyDecoderConfig) -> GPT2Config:
    return GPT2Config(
        **copy_names(config),
        vocab_size=config.vocab_size,
        n_positions=config.max_position_embeddings,
        n_embd=config.hidden_size,
        n_layer=config.num_hidden_layers,
        n_head=config.num_attention_heads,
        n_inner=config.intermediate_size,
        layer_norm_epsilon=config.norm_eps,
        initializer_range=config.initializer_range,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
    )


def _read(config: Any) -> OntogenyDecoderConfig | None:
    if config.activation_function != "gelu_new" or config.scale_attn_by_inverse_layer_idx or config.add_cross_attention:
        return None
    return OntogenyDecoderConfig(
        **copy_names(config),
        vocab_size=config.vocab_size,
        max_position_embeddings=config.n_positions,
        hidden_size=config.n_embd,
        num_hidden_layers=config.n_layer,
        num_attention_heads=config.n_head,
        num_key_value_heads=config.n_head,
        intermediate_size=config.n_inner or 4 * config.n_embd,
        norm_kind="layernorm",
        norm_eps=config.layer_norm_epsilon,
        activation="gelu",
        position_kind="learned",
        use_bias=True,
        initializer_range=config.initializer_range,
    )


def _name(config: OntogenyDecoderConfig) -> dict[str, str]:
    names = {
        "model.embed_tokens.weight": "transformer.wte.weight",
        "model.stack.positions.weight": "transformer.wpe.weight",
        "lm_head.weight": "lm_head.weight",
    }
    names |= {f"model.stack.norm.{kind}": f"transformer.ln_f.{kind}" for kind in ("weight", "bias")}
    parts = {
        "attention_residual.norm": "ln_1",
        "attention.qkv": "attn.c_attn",
        "attention.out": "attn.c_proj",
        "feed_forward_residual.norm": "ln_2",
        "feed_forward.up": "mlp.c_fc",
        "feed_forward.down": "mlp.c_proj",
    }
    for i in range(config.num_hidden_layers):
        for ours, theirs in parts.items():
            for kind in ("weight", "bias"):
                names[f"model.stack.layers.{i}.{ours}.{kind}"] = f"transformer.h.{i}.{theirs}.{kind}"
    return names


def _turn(state: State) -> State:
    """GPT-2 keeps its matrices the other way round."""
    turned = ("c_attn.weight", "c_proj.weight", "c_fc.weight")
    return {name: tensor.t().contiguous() if name.endswith(turned) else tensor for name, tensor in state.items()}


def _export(state: State, config: OntogenyDecoderConfig) -> State:
    return _turn(rename(state, _name(config)))


def _import(state: State, config: OntogenyDecoderConfig) -> State:
    return rename(_turn(state), invert(_name(config)))


GPT2 = StateDictAdapter(
    GPT2LMHeadModel,
    requires={**BIASED, "position_kind": "learned"},
    translates=frozenset(),
    holds=has_equal_heads,
    describe=_describe,
    read=_read,
    export_state=_export,
    import_state=_import,
)
