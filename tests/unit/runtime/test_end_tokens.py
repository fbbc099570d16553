"""End tokens travel with a model's folder, whoever wrote it."""

import json
from pathlib import Path

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from components.generation.offline import generate
from components.generation.sampling import SamplingParams
from components.model.capabilities import read_end_ids
from components.model.hf_adapters.convert import export_model, import_model
from components.quantize.artifact import write_quantized
from components.runtime.folder import load_folder, save_model
from components.text.tokenizer import save_tokenizer
from tests.tiny import make_model, make_tokenizer

CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


@pytest.fixture
def chatml() -> PreTrainedTokenizerFast:
    tokenizer = make_tokenizer()
    tokenizer.add_special_tokens(
        {"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]}, replace_extra_special_tokens=False
    )
    tokenizer.chat_template = CHATML
    return tokenizer


def read_generation(folder: Path) -> object:
    return json.loads((folder / "generation_config.json").read_text())["eos_token_id"]


def test_a_default_model_has_its_one_end_token_as_before(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    save_model(make_model(tokenizer), tokenizer, tmp_path)
    assert read_generation(tmp_path) == tokenizer.eos_token_id
    assert read_end_ids(load_folder(tmp_path)[0]) == (tokenizer.eos_token_id,)


def test_the_turn_end_of_a_kept_template_travels_beside_the_end_of_documents(
    tmp_path: Path, chatml: PreTrainedTokenizerFast
) -> None:
    turn_end = chatml.convert_tokens_to_ids("<|im_end|>")
    save_model(make_model(chatml), chatml, tmp_path / "saved")
    assert read_generation(tmp_path / "saved") == [chatml.eos_token_id, turn_end]
    model, tokenizer = load_folder(tmp_path / "saved")
    write_quantized(model, tokenizer, tmp_path / "int8", embeddings=True)
    assert read_generation(tmp_path / "int8") == [chatml.eos_token_id, turn_end]
    assert read_end_ids(load_folder(tmp_path / "int8")[0]) == (chatml.eos_token_id, turn_end)


@pytest.mark.parametrize("place", ["generation_config.json", "config.json"])
def test_further_end_tokens_of_a_foreign_folder_are_honoured_and_handed_on(
    tmp_path: Path, chatml: PreTrainedTokenizerFast, place: str
) -> None:
    foreign, turn_end = tmp_path / "foreign", chatml.convert_tokens_to_ids("<|im_end|>")
    make_model(chatml).save_pretrained(foreign)
    save_tokenizer(chatml, foreign)
    if place == "config.json":
        (foreign / "generation_config.json").unlink()
    described = json.loads((foreign / place).read_text())
    (foreign / place).write_text(json.dumps({**described, "eos_token_id": [chatml.eos_token_id, 77]}))
    model, tokenizer = load_folder(foreign)
    assert read_end_ids(model) == (chatml.eos_token_id, 77, turn_end)
    assert generate(model, [[5, 6]], SamplingParams(2), end_token_ids=read_end_ids(model), what=None)
    save_model(model, tokenizer, tmp_path / "ours")
    assert read_generation(tmp_path / "ours") == [chatml.eos_token_id, 77, turn_end]


def test_a_class_s_default_end_token_is_no_one_s_choice(tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    torch.manual_seed(0)
    shape = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    model = LlamaForCausalLM(LlamaConfig(vocab_size=len(tokenizer), **shape))
    assert model.config.eos_token_id == 2  # and the tokenizer's is 1
    save_model(model, tokenizer, tmp_path)
    assert read_end_ids(load_folder(tmp_path)[0]) == (tokenizer.eos_token_id,)


def test_a_model_that_says_the_turn_end_stops_there(tmp_path: Path, chatml: PreTrainedTokenizerFast) -> None:
    turn_end = chatml.convert_tokens_to_ids("<|im_end|>")
    model = make_model(chatml)
    with torch.no_grad():  # whatever it reads, it says the turn end
        model.lm_head.weight = torch.nn.Parameter(torch.zeros_like(model.lm_head.weight))
        model.model.norm.weight.zero_()
        model.lm_head.bias = torch.nn.Parameter(torch.zeros(len(chatml)).index_fill(0, torch.tensor([turn_end]), 5.0))
    save_model(make_model(chatml), chatml, tmp_path)
    found = generate(model, [[3, 4]], SamplingParams(8), end_token_ids=read_end_ids(load_folder(tmp_path)[0]))[0]
    assert (found.token_ids, found.finish_reason, found.end_token_id) == ([], "stop", turn_end)


def test_further_end_tokens_survive_every_change_of_class(tmp_path: Path, chatml: PreTrainedTokenizerFast) -> None:
    foreign = tmp_path / "foreign"
    make_model(chatml).save_pretrained(foreign)
    save_tokenizer(chatml, foreign)
    described = json.loads((foreign / "generation_config.json").read_text())
    (foreign / "generation_config.json").write_text(json.dumps({**described, "eos_token_id": [77]}))
    model, _ = load_folder(foreign)
    own = import_model(model)
    assert own is not None
    assert (
        read_end_ids(own)
        == read_end_ids(model)
        == (chatml.eos_token_id, 77, chatml.convert_tokens_to_ids("<|im_end|>"))
    )
    assert read_end_ids(export_model(own)) == read_end_ids(model)
