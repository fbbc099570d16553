"""A model's layers are found by the names that families give them."""

from collections.abc import Callable

import pytest
from torch import nn
from transformers import (
    BloomConfig,
    BloomForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    LlamaForSequenceClassification,
    MixtralConfig,
    MixtralForCausalLM,
    PreTrainedModel,
    T5Config,
    T5ForConditionalGeneration,
)

from components.model.capabilities import find_layers
from components.model.value import ValueModel
from tests.shapes import make_model

LLAMA = LlamaConfig(
    vocab_size=32, hidden_size=16, intermediate_size=16, num_hidden_layers=3, num_attention_heads=2, pad_token_id=0
)
MIXTRAL = MixtralConfig(
    vocab_size=32,
    hidden_size=16,
    intermediate_size=16,
    num_hidden_layers=3,
    num_attention_heads=2,
    num_key_value_heads=2,
    num_local_experts=5,
)
FOREIGN: dict[str, Callable[[], nn.Module]] = {
    "Llama": lambda: LlamaForCausalLM(LLAMA),
    "reward model": lambda: LlamaForSequenceClassification(LLAMA),
    "value network": lambda: ValueModel(LlamaForSequenceClassification(LLAMA)),
    "Mixtral, whose experts are more": lambda: MixtralForCausalLM(MIXTRAL),
    "GPT-2": lambda: GPT2LMHeadModel(GPT2Config(vocab_size=32, n_embd=16, n_layer=3, n_head=2)),
    "BLOOM": lambda: BloomForCausalLM(BloomConfig(vocab_size=32, hidden_size=16, n_layer=3, n_head=2)),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_the_three_layers_of_a_foreign_model_are_found(name: str) -> None:
    assert len(find_layers(FOREIGN[name]())) == 3


def test_an_encoder_s_and_a_decoder_s_layers_are_both_found() -> None:
    config = T5Config(vocab_size=32, d_model=16, d_kv=8, d_ff=16, num_layers=3, num_decoder_layers=4, num_heads=2)
    assert len(find_layers(T5ForConditionalGeneration(config))) == 7


@pytest.mark.parametrize(("architecture", "stacks"), [("causal_decoder", 1), ("encoder_decoder", 2)])
def test_our_own_layers_are_found(architecture: str, stacks: int) -> None:
    model: PreTrainedModel = make_model(architecture=architecture)
    assert len(find_layers(model)) == stacks * model.config.num_hidden_layers
