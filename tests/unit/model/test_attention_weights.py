"""Attention weights of any decoder: ours as the library's own eager attention has them, and of INT8 models."""

from typing import Any

import pytest
import torch
from transformers import RwkvConfig, RwkvForCausalLM

from components.model.attention_weights import read_attention
from components.model.hf_adapters.convert import export_model
from components.model.int8 import quantize_model
from tests.shapes import draw_ids, make_model


@pytest.mark.parametrize("options", [{}, {"num_kv_heads": 2}], ids=["llama", "grouped"])
def test_ours_are_what_the_library_says_of_the_same_weights(options: dict[str, Any]) -> None:
    model, ids = make_model(position={"kind": "rope"}, **options), draw_ids(2, 12)
    own = read_attention(model, ids)
    foreign = export_model(model).eval()
    assert foreign.config.model_type == "llama"
    before = foreign.config._attn_implementation
    for mine, theirs in zip(own, read_attention(foreign, ids), strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-5, rtol=0)
    assert foreign.config._attn_implementation == before


@pytest.mark.parametrize("position", ["alibi", "t5_relative", "learned"])
def test_weights_times_values_are_what_a_layer_gives(position: str) -> None:
    model, ids = make_model(position={"kind": position}), draw_ids(1, 10)
    layer = model.model.stack.layers[1].attention
    seen: list[Any] = []
    layer.register_forward_hook(lambda module, given, out: seen.append((module.project(*given[:2])[2], out)))
    with torch.no_grad():
        weights = read_attention(model, ids)[1]
        [(values_BTKD, out_BTC)] = seen
        mixed = (weights @ values_BTKD.transpose(1, 2)).transpose(1, 2).flatten(2)
        torch.testing.assert_close(layer.out(mixed), out_BTC)
    torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:-1]))
    assert not weights.triu(1).any()


@pytest.mark.parametrize("foreign", [False, True], ids=["ours", "the library's"])
def test_an_int8_model_is_looked_into_as_any_other(foreign: bool) -> None:
    model, ids = make_model(position={"kind": "rope"}), draw_ids(2, 12)
    whole = read_attention(model, ids)
    rounded = read_attention(quantize_model(export_model(model) if foreign else model, embeddings=True), ids)
    for mine, theirs in zip(whole, rounded, strict=True):
        torch.testing.assert_close(mine, theirs, atol=0.05, rtol=0)
    assert not torch.equal(whole[1], rounded[1])


def test_a_recurrent_model_shows_none() -> None:
    config = RwkvConfig(vocab_size=61, hidden_size=16, num_hidden_layers=2, attention_hidden_size=16)
    assert read_attention(RwkvForCausalLM(config).eval(), draw_ids(1, 4)) == []


def test_an_encoder_decoder_shows_none() -> None:
    assert read_attention(make_model(architecture="encoder_decoder"), draw_ids(1, 4)) == []
