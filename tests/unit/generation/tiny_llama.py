"""A random two-layer Llama for tests of the engine."""

import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel

VOCAB = 64


def make_llama(end_token_id: int | None, context: int = 64) -> PreTrainedModel:
    """The same weights each time; with an end token, padding is the same one."""
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=VOCAB,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=context,
        initializer_range=0.3,
        eos_token_id=end_token_id,
        pad_token_id=end_token_id,
        bos_token_id=None,
    )
    return LlamaForCausalLM(config).eval()
