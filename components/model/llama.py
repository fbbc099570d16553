"""A Llama-form decoder with fresh random weights, as transformers' own class: anything can read it."""

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from components.model.config import LlamaShape


def build_llama(shape: LlamaShape, *, vocab_size: int, max_positions: int, seed: int) -> LlamaForCausalLM:
    """Random weights (normal, `init_std`), the same for the same seed on every machine of one torch build."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=vocab_size,
        hidden_size=shape.hidden_size,
        intermediate_size=shape.intermediate_size,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        max_position_embeddings=max_positions,
        rope_parameters={"rope_type": "default", "rope_theta": shape.rope_theta},
        tie_word_embeddings=shape.tie_embeddings,
        initializer_range=shape.init_std,
        attention_dropout=0.0,
    )
    return LlamaForCausalLM(config)


def count_parameters(model: torch.nn.Module) -> int:
    """Distinct parameters; tied ones count once."""
    return sum(p.numel() for p in model.parameters())
