"""Tiny random models of every causal family that transformers can build, and the table of how each is run.

`python -m tests.unit.generation.tiny_families` prints the table, which stands in docs/families.md.
"""

import warnings
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
from transformers.utils import logging

from components.generation.probe import Support, probe_model

UNBUILT = "could not be built small"

SMALL: dict[str, Any] = {
    **dict.fromkeys(("hidden_size", "d_model", "n_embd", "embed_dim", "dim", "hidden_dim"), 32),
    **dict.fromkeys(("intermediate_size", "d_ff", "n_inner", "ffn_dim", "decoder_ffn_dim", "encoder_ffn_dim"), 48),
    **dict.fromkeys(("moe_intermediate_size", "shared_expert_intermediate_size", "expert_ffn_size"), 16),
    **dict.fromkeys(("num_hidden_layers", "n_layer", "n_layers", "num_layers", "decoder_layers", "encoder_layers"), 2),
    **dict.fromkeys(("num_attention_heads", "n_head", "n_heads", "decoder_attention_heads"), 4),
    **dict.fromkeys(("encoder_attention_heads", "num_heads"), 4),
    **dict.fromkeys(("num_key_value_heads", "num_kv_heads", "n_head_kv"), 2),
    **dict.fromkeys(("head_dim", "rotary_dim", "attention_head_size"), 8),
    **dict.fromkeys(("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts"), 4),
    **dict.fromkeys(("num_experts_per_tok", "moe_topk", "moe_k"), 2),
    **dict.fromkeys(("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_sequence_length"), 64),
    **dict.fromkeys(("sliding_window", "window_size", "attention_window_size", "attention_chunk_size"), 8),
    **dict.fromkeys(("qk_rope_head_dim", "qk_nope_head_dim", "v_head_dim"), 8),
    **dict.fromkeys(("q_lora_rank", "kv_lora_rank"), 16),
    **dict.fromkeys(("n_group", "topk_group"), 1),
    **dict.fromkeys(("mamba_d_state", "state_size", "ssm_state_size"), 8),
    "vocab_size": 99,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "initializer_range": 0.2,
    "init_std": 0.2,
    "is_decoder": True,
    "use_sliding_window": True,
}
"""Fields of many families, each set where a configuration has it."""
MLA = {"num_key_value_heads": 4}
HYBRID = {"layer_types": ["linear_attention", "full_attention"]}
OWN: dict[str, dict[str, Any]] = {
    **dict.fromkeys(
        ("axk1", "axk2", "deepseek_v2", "deepseek_v3", "deepseek_v32", "glm_moe_dsa", "glm4_moe_lite"), MLA
    ),
    **dict.fromkeys(("longcat_flash", "minicpm3", "youtu"), MLA),
    "gpt_neo": {"attention_types": [[["global", "local"], 1]], "num_layers": 2},
    "lfm2": {"layer_types": ["conv", "full_attention"]},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"]},
    "mamba2": {"num_heads": 8, "head_dim": 8, "n_groups": 1},
    "bamba": {"attn_layer_indices": [1], "mamba_n_groups": 1, "mamba_n_heads": 8, "mamba_d_head": 8},
    "falcon_h1": {"mamba_n_groups": 1, "mamba_n_heads": 8, "mamba_d_head": 8, "mamba_d_ssm": 64},
    "granitemoehybrid": {
        **{"layer_types": ["mamba", "attention"], "mamba_n_groups": 1, "mamba_n_heads": 8, "mamba_d_head": 8},
        "num_local_experts": 2,
    },
    "zamba": {"layers_block_type": ["mamba", "hybrid"], "mamba_expand": 2, "n_mamba_heads": 2, "mamba_dt_rank": 4},
    "zamba2": {"layers_block_type": ["mamba", "hybrid"], "n_mamba_heads": 8, "mamba_headdim": 8, "mamba_ngroups": 1},
    "dbrx": {
        "attn_config": {"kv_n_heads": 2, "rope_theta": 1e4, "clip_qkv": 8.0},
        "ffn_config": {"ffn_hidden_size": 32},
    },
    "kimi_linear": {**MLA, "num_experts_per_token": 2},
    **dict.fromkeys(("olmo_hybrid", "qwen3_next", "qwen3_5_text", "qwen3_5_moe_text"), HYBRID),
    "bailing_hybrid": {**HYBRID, **MLA},
    "jamba": {"attn_layer_period": 2, "attn_layer_offset": 1},
    "recurrent_gemma": {"block_types": ["recurrent", "attention"]},
    "dots1": {"n_shared_experts": 1},
    "longcat_flash": {"num_layers": 1, "expert_ffn_hidden_size": 16, "ffn_hidden_size": 32, **MLA},
    "reformer": {"axial_pos_embds": False, "attn_layers": ["local", "lsh"], "local_attn_chunk_length": 8},
}
"""What single families need besides."""


def list_families() -> list[str]:
    """Every name that transformers takes for a causal language model."""
    return sorted(MODEL_FOR_CAUSAL_LM_MAPPING_NAMES)


def build_tiny(family: str, **own: Any) -> Any:
    """A random model in evaluation mode; raises whatever the library raises where it cannot be built so small."""
    config = AutoConfig.for_model(family)
    if set(config.sub_configs) - {"attn_config", "ffn_config"}:
        raise ValueError("it is made of several models")
    known = config.to_dict()
    fields = {name: value for name, value in SMALL.items() if name in known} | OWN.get(family, {}) | own
    torch.manual_seed(0)
    with torch.device("cpu"):
        return AutoModelForCausalLM.from_config(AutoConfig.for_model(family, **fields)).float().eval()


def try_family(family: str) -> Support | str:
    """How a family can be run, or why it was not tried."""
    try:
        support = probe_model(build_tiny(family))
    except Exception:  # each class of the library checks itself in its own way
        return UNBUILT
    return UNBUILT if support.refusal and "forward fails" in support.refusal else support


def draw_table() -> str:
    """All families in groups that are run alike, as Markdown."""
    groups: dict[tuple[str, str], list[str]] = {}
    for family in list_families():
        groups.setdefault(describe(try_family(family)), []).append(family)
    rows = [f"| {packed} | {way} | {', '.join(groups[packed, way])} |" for packed, way in sorted(groups, reverse=True)]
    return "\n".join(["| packed texts | answers | families |", "|---|---|---|", *rows, ""])


def describe(found: Support | str) -> tuple[str, str]:
    """Two cells of the table."""
    if isinstance(found, str):
        return "", found
    if found.refusal is not None:
        return "", f"refused: {found.refusal}"
    ways = {
        "batched": "in one batch",
        "alone": "each over a cache of its own",
        "recomputed": "each read again for every token",
    }
    return "apart" if found.packed else "see each other: one text a row", ways[found.way]


def main() -> None:
    """Write the table."""
    logging.set_verbosity_error()
    warnings.simplefilter("ignore")
    print(draw_table())


if __name__ == "__main__":
    main()
