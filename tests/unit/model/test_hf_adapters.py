"""Logits equal to transformers' own architectures with the same weights, there and back."""

import os
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    BloomConfig,
    BloomForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
    PreTrainedModel,
    T5Config,
    T5ForConditionalGeneration,
)

from components.model.hf_adapters.convert import export_model, import_model
from components.runtime.folder import load_model
from tests.shapes import VOCABULARY, draw_ids, make_model

SIZES = {"vocab_size": 61, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4}
YARN = {"rope_type": "yarn", "factor": 4.0, "rope_theta": 500.0, "original_max_position_embeddings": 16}
LINEAR = {"rope_type": "linear", "factor": 2.0, "rope_theta": 500.0}


def make_t5(act: str) -> T5ForConditionalGeneration:
    return T5ForConditionalGeneration(
        T5Config(
            vocab_size=61, d_model=32, d_kv=8, d_ff=48, num_layers=3, num_heads=4, dropout_rate=0.0,
            relative_attention_num_buckets=8, relative_attention_max_distance=16, feed_forward_proj=act,
            decoder_start_token_id=0,
        )
    )  # fmt: skip


FOREIGN: dict[str, Any] = {
    "llama": lambda: LlamaForCausalLM(LlamaConfig(**SIZES, num_key_value_heads=2, tie_word_embeddings=False)),
    "llama with biases": lambda: LlamaForCausalLM(
        LlamaConfig(**SIZES, attention_bias=True, mlp_bias=True, rope_parameters=LINEAR, tie_word_embeddings=True)
    ),
    "llama with yarn": lambda: LlamaForCausalLM(LlamaConfig(**SIZES, rope_parameters=YARN)),
    "gpt2": lambda: GPT2LMHeadModel(
        GPT2Config(
            vocab_size=61, n_positions=64, n_embd=32, n_layer=3, n_head=4, resid_pdrop=0, embd_pdrop=0, attn_pdrop=0
        )
    ),
    "bloom, heads no power of two": lambda: BloomForCausalLM(
        BloomConfig(vocab_size=61, hidden_size=36, n_layer=3, n_head=6)
    ),
    "mixtral": lambda: MixtralForCausalLM(
        MixtralConfig(**SIZES, num_key_value_heads=2, num_local_experts=4, sliding_window=None)
    ),
    **{f"t5 {act}": lambda act=act: make_t5(act) for act in ("relu2", "gelu_new", "gated-silu", "gated-gelu")},
}


def shake(model: PreTrainedModel, dtype: torch.dtype) -> PreTrainedModel:
    """Every weight away from its initial value, gains and biases too."""
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    if hasattr(model, "set_experts_implementation"):
        model.set_experts_implementation("eager")  # the grouped kernel knows no float64
    return model.to(dtype).eval()


@torch.no_grad()
def read_logits(model: PreTrainedModel) -> torch.Tensor:
    ids = draw_ids(2, 40)
    decoder = {"decoder_input_ids": draw_ids(2, 30, seed=2)} if model.config.is_encoder_decoder else {}
    logits: torch.Tensor = model(input_ids=ids, **decoder).logits.double()
    return logits


def distance(found: torch.Tensor, wanted: torch.Tensor) -> float:
    return float((found - wanted).abs().max() / wanted.abs().max())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=["float64", "float32"])
@pytest.mark.parametrize("name", FOREIGN)
def test_logits_equal_those_of_transformers_and_come_back_exactly(name: str, dtype: torch.dtype) -> None:
    foreign = shake(FOREIGN[name](), dtype)
    ours = import_model(foreign)
    assert ours is not None
    wanted = read_logits(foreign)
    assert distance(read_logits(ours), wanted) <= 1e-5
    back = export_model(ours)
    assert type(back) is type(foreign)
    if hasattr(back, "set_experts_implementation"):
        back.set_experts_implementation("eager")
    assert distance(read_logits(back.eval()), wanted) <= 1e-5


@pytest.mark.parametrize(
    ("options", "model_type"),
    [
        ({}, "llama"),
        ({"num_kv_heads": 2, "position": {"kind": "rope", "scaling": "yarn", "scaling_factor": 2.0}}, "llama"),
        ({"feed_forward": {"kind": "top2", "width": 48}}, "mixtral"),
        ({"norm": {"kind": "layernorm"}, "activation": "gelu", "bias": True, "position": {"kind": "learned"}}, "gpt2"),
        (
            {
                "norm": {"kind": "layernorm", "embedding": True},
                "activation": "gelu",
                "bias": True,
                "position": {"kind": "alibi"},
                "feed_forward": {"width": 128},
            },
            "bloom",
        ),
        ({"architecture": "encoder_decoder", "position": {"kind": "t5_relative"}}, "t5"),
        ({"norm": {"qk": True}}, "ontogeny_decoder"),
        ({"architecture": "encoder_decoder"}, "ontogeny_encoder_decoder"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_combination_is_saved_as_the_architecture_that_it_is(
    options: dict[str, Any], model_type: str, tmp_path: Path
) -> None:
    model = make_model(**options)
    model.config.decoder_start_token_id = 0
    wanted = read_logits(model)
    export_model(model).save_pretrained(tmp_path)
    if not model_type.startswith("ontogeny"):
        auto = AutoModelForSeq2SeqLM if model.config.is_encoder_decoder else AutoModelForCausalLM
        plain = auto.from_pretrained(tmp_path).eval()
        assert plain.config.model_type == model_type
        assert distance(read_logits(plain), wanted) <= 1e-5
    assert distance(read_logits(load_model(tmp_path)), wanted) <= 1e-5


def test_an_architecture_with_options_of_its_own_is_left_as_it_is() -> None:
    assert import_model(MistralForCausalLM(MistralConfig(**SIZES, num_key_value_heads=2))) is None
    dynamic = {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 500.0}
    assert import_model(LlamaForCausalLM(LlamaConfig(**SIZES, rope_parameters=dynamic))) is None


@pytest.mark.skipif("ONTOGENY_DATA" not in os.environ, reason="ONTOGENY_DATA names no folder of real models")
def test_a_real_llama_says_the_same_in_our_class() -> None:
    llama = AutoModelForCausalLM.from_pretrained(Path(os.environ["ONTOGENY_DATA"]) / "models" / "stories260k").double()
    ours = import_model(llama)
    assert ours is not None
    ids = torch.randint(3, llama.config.vocab_size, (2, 128), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert distance(ours(input_ids=ids).logits, llama(input_ids=ids).logits) <= 1e-5


def test_the_vocabulary_keeps_its_special_tokens_on_the_way() -> None:
    foreign = export_model(make_model())
    assert (foreign.config.pad_token_id, foreign.config.eos_token_id) == VOCABULARY[1:]
