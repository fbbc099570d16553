"""INT8 layers against fp32 references, layers that share an input, and a folder that reloads to the bit."""

import copy
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, PreTrainedModel

from components.base.errors import ArtifactError
from components.generation.probe import probe_model
from components.model.int8 import is_int8_folder, load_int8, quantize_model, save_int8
from components.model.int8_layers import Int8Embedding, Int8Linear
from components.model.int8_products import quantize_rows, unrounded_activations


def make_llama(tied: bool = True) -> LlamaForCausalLM:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=96, hidden_size=64, intermediate_size=160, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=64, tie_word_embeddings=tied, attention_bias=True,
    )  # fmt: skip
    return LlamaForCausalLM(config).eval()


def make_layer(inputs: int, outputs: int, bias: bool = True) -> tuple[torch.nn.Linear, Int8Linear]:
    torch.manual_seed(1)
    linear = torch.nn.Linear(inputs, outputs, bias=bias)
    qweight, scale = quantize_rows(linear.weight.detach())
    return linear, Int8Linear(qweight, scale.squeeze(-1), None if linear.bias is None else linear.bias.detach())


@pytest.mark.parametrize("bias", [True, False])
def test_linear_is_close_to_fp32(bias: bool) -> None:
    linear, quantized = make_layer(256, 192, bias)
    x = torch.randn(4, 5, 256)
    error = (quantized(x) - linear(x)).norm() / linear(x).norm()
    assert quantized(x).shape == (4, 5, 192)
    assert error < 0.02


def test_linear_equals_its_dequantized_reference() -> None:
    _, quantized = make_layer(64, 48)
    x = torch.randn(6, 64)
    q, scale = quantize_rows(x)
    weight = quantized.qweight.double() * quantized.scale.double()[:, None]
    assert quantized.bias is not None
    reference = (q.double() * scale.double()) @ weight.t() + quantized.bias
    torch.testing.assert_close(quantized(x).double(), reference, rtol=1e-5, atol=1e-6)


def test_activations_can_be_left_unrounded_for_a_while() -> None:
    """An outlier in a row then costs its neighbours nothing; the weights stay rounded."""
    _, layer = make_layer(48, 24, bias=False)
    x_NI = torch.randn(5, 48)
    x_NI[:, 0] = 3e4
    plain_NO = x_NI @ (layer.qweight.float() * layer.scale[:, None]).t()
    with unrounded_activations():
        torch.testing.assert_close(layer(x_NI), plain_NO)
    assert (layer(x_NI) - plain_NO).abs().max() > 1.0


def test_a_row_does_not_depend_on_its_batch() -> None:
    _, quantized = make_layer(96, 80)
    x = torch.randn(33, 96)
    together = quantized(x)
    for size in (1, 2, 8, 16, 17):
        assert torch.equal(quantized(x[:size]), together[:size])


def test_bfloat16_activations_come_back_as_bfloat16() -> None:
    _, quantized = make_layer(64, 48)
    assert quantized(torch.randn(2, 64).bfloat16()).dtype == torch.bfloat16


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("embeddings", [True, False])
def test_model_stays_close_and_reloads_to_the_bit(tied: bool, embeddings: bool, tmp_path: Path) -> None:
    model = make_llama(tied)
    ids = torch.randint(0, 96, (2, 11))
    with torch.inference_mode():
        before = model(ids).logits
        quantized = quantize_model(model, embeddings=embeddings)
        after = quantized(ids).logits
    assert (after - before).norm() / before.norm() < 0.05

    save_int8(quantized, tmp_path)
    reloaded = load_int8(tmp_path)
    with torch.inference_mode():
        assert torch.equal(reloaded(ids).logits, after)
    assert is_int8_folder(tmp_path)
    assert reloaded.config.quantization_config == quantized.config.quantization_config


def test_layers_that_read_the_same_are_multiplied_as_one_and_answer_the_same() -> None:
    torch.manual_seed(3)
    together = quantize_model(make_llama(), embeddings=True)
    apart = copy.deepcopy(together)
    for layer in apart.modules():
        if isinstance(layer, Int8Linear):
            layer.siblings = None
    for shape in ((2, 11), (1, 1), (3, 1)):
        ids = torch.randint(0, 96, shape)
        with torch.inference_mode():
            assert torch.equal(together(ids).logits, apart(ids).logits)
    attention = together.model.layers[0].self_attn
    storages = {layer.qweight.untyped_storage().data_ptr() for layer in (attention.q_proj, attention.v_proj)}
    assert len(storages) == 1


def test_layers_that_are_given_different_tensors_go_on_apart() -> None:
    attention = quantize_model(make_llama(), embeddings=True).model.layers[0].self_attn
    first, second = torch.randn(3, 64), torch.randn(3, 64)
    expected = [copy.deepcopy(layer)(x) for layer, x in ((attention.q_proj, first), (attention.k_proj, second))]
    assert torch.equal(attention.q_proj(first), expected[0])
    assert torch.equal(attention.k_proj(second), expected[1])
    assert attention.q_proj.siblings is None


def test_a_layer_that_is_asked_twice_answers_twice() -> None:
    attention, x = quantize_model(make_llama(), embeddings=True).model.layers[0].self_attn, torch.randn(3, 64)
    assert torch.equal(attention.q_proj(x), attention.q_proj(x))


def test_weights_that_are_loaded_later_are_those_that_count() -> None:
    model, other = quantize_model(make_llama(), embeddings=True), make_llama()
    ids = torch.randint(0, 96, (2, 5))
    with torch.inference_mode():
        model(ids)
        torch.nn.init.normal_(other.model.layers[0].self_attn.k_proj.weight)
        other = quantize_model(other, embeddings=True)
        expected = other(ids).logits
    for assign in (False, True):
        again = copy.deepcopy(model)
        again.load_state_dict(other.state_dict(), assign=assign)
        with torch.inference_mode():
            assert torch.equal(again(ids).logits, expected)


def test_the_folder_is_the_same_before_and_after_use(tmp_path: Path) -> None:
    model = quantize_model(make_llama(), embeddings=True)
    save_int8(model, tmp_path / "new")
    with torch.inference_mode():
        model(torch.randint(0, 96, (2, 5)))
    save_int8(model, tmp_path / "used")
    new, used = (load_file(tmp_path / name / "model.safetensors") for name in ("new", "used"))
    assert new.keys() == used.keys()
    assert all(torch.equal(new[name], used[name]) for name in new)


def test_tied_tables_are_stored_once_and_stay_shared(tmp_path: Path) -> None:
    model = make_llama()
    fp32_bytes = 4 * sum(p.numel() for p in model.parameters())
    save_int8(quantize_model(model, embeddings=True), tmp_path)
    assert (tmp_path / "model.safetensors").stat().st_size < 0.40 * fp32_bytes
    reloaded = load_int8(tmp_path)
    table, head = reloaded.get_input_embeddings(), reloaded.get_output_embeddings()
    assert isinstance(table, Int8Embedding) and isinstance(head, Int8Linear)
    assert head.qweight is table.qweight and head.scale is table.scale


def test_greedy_generation_works_on_a_reloaded_model(tmp_path: Path) -> None:
    quantized = quantize_model(make_llama(), embeddings=True)
    save_int8(quantized, tmp_path)
    ids = torch.randint(0, 96, (1, 5))
    arguments = {"max_new_tokens": 6, "do_sample": False, "attention_mask": torch.ones_like(ids)}
    assert torch.equal(load_int8(tmp_path).generate(ids, **arguments), quantized.generate(ids, **arguments))


def test_another_family_with_learned_positions_keeps_them() -> None:
    config = GPT2Config(vocab_size=50, n_embd=32, n_layer=1, n_head=2, n_positions=16)
    model: PreTrainedModel = quantize_model(GPT2LMHeadModel(config).eval(), embeddings=True)
    assert isinstance(model.transformer.wpe, torch.nn.Embedding)
    assert isinstance(model.lm_head, Int8Linear)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_int8(quantize_model(make_llama(), embeddings=True), tmp_path)
    return tmp_path


def test_truncated_weights_are_refused_by_name(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ArtifactError, match=r"model\.safetensors: cannot be read"):
        load_int8(folder)


def test_weights_of_another_shape_are_refused(folder: Path) -> None:
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"intermediate_size": 160', '"intermediate_size": 128'))
    with pytest.raises(ArtifactError, match="does not fit the model"):
        load_int8(folder)


def test_a_missing_layer_is_refused(folder: Path) -> None:
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"num_hidden_layers": 2', '"num_hidden_layers": 3'))
    with pytest.raises(ArtifactError, match="is missing from"):
        load_int8(folder)


@pytest.mark.parametrize("embeddings", [True, False])
def test_what_is_not_rounded_is_in_float32_whatever_the_model_was_in(embeddings: bool, tmp_path: Path) -> None:
    save_int8(quantize_model(make_llama().bfloat16(), embeddings=embeddings), tmp_path)
    written = load_file(tmp_path / "model.safetensors")
    assert {tensor.dtype for tensor in written.values()} == {torch.float32, torch.int8}
    loaded = load_int8(tmp_path)
    assert {t.dtype for t in (*loaded.parameters(), *loaded.buffers()) if t.is_floating_point()} == {torch.float32}
    assert loaded.config.dtype == torch.float32 == loaded.dtype


def test_an_int8_form_of_a_bfloat16_model_runs_in_one_batch() -> None:
    found = probe_model(quantize_model(make_llama().bfloat16(), embeddings=True))
    assert (found.way, found.refusal) == ("batched", None)
