"""A model read and written a layer at a time is the model that is read and written whole."""

import filecmp
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoModelForSequenceClassification,
    PreTrainedModel,
)

from components.base.errors import ArtifactError, DivergenceError
from components.generation.probe import probe_model
from components.model.config import Dtype
from components.model.hf_adapters.convert import import_model, import_scorer
from components.parallel import fsdp
from components.parallel.mesh import Mesh
from components.runtime.folder import load_folder, load_reward_model, save_model
from components.runtime.outline import outline_folder, outline_reward_model
from components.runtime.sharded_save import save_sharded
from components.runtime.weight_files import INDEX, SINGLE, group_by_layer
from tests.tiny import make_tokenizer

ROPE = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
FAMILIES: dict[str, dict[str, Any]] = {
    "llama": {**ROPE, "num_key_value_heads": 2, "tie_word_embeddings": False},
    "olmo2": {**ROPE, "num_key_value_heads": 2, "tie_word_embeddings": True},
    "mixtral": {**ROPE, "num_key_value_heads": 2, "num_local_experts": 3, "num_experts_per_tok": 2},
    "gpt_neox": {**ROPE, "max_position_embeddings": 64},
    "gpt2": {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64},
    "bloom": {"hidden_size": 32, "n_layer": 2, "n_head": 4},
    "t5": {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4},
}
TOKENIZER = make_tokenizer()


def write_family(kind: str, folder: Path, auto: Any = None, **fields: Any) -> Path:
    """Random weights in bfloat16."""
    special = {name: getattr(TOKENIZER, name) for name in ("pad_token_id", "bos_token_id", "eos_token_id")}
    config = AutoConfig.for_model(kind, vocab_size=len(TOKENIZER), **FAMILIES[kind], **special, **fields)
    auto = auto or (AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM)
    torch.manual_seed(0)
    save_model(auto.from_config(config, dtype=torch.bfloat16), TOKENIZER, folder)
    return folder


def check_equal(found: PreTrainedModel, expected: PreTrainedModel) -> None:
    ours, theirs = found.state_dict(), expected.state_dict()
    assert type(found).__name__.removeprefix("FSDP") == type(expected).__name__
    assert ours.keys() == theirs.keys()
    for name, tensor in theirs.items():
        assert tensor.dtype == ours[name].dtype, name
        assert torch.equal(tensor, fsdp.find_whole(ours[name])), name
    if expected.can_generate():
        assert found.generation_config.to_dict() == expected.generation_config.to_dict()


def check_same_files(one: Path, other: Path) -> None:
    names = sorted(path.name for path in one.iterdir())
    assert names == sorted(path.name for path in other.iterdir())
    assert filecmp.cmpfiles(one, other, names, shallow=False)[0] == names


@pytest.mark.parametrize("ours", [True, False])
@pytest.mark.parametrize("dtype", ["own", "float32"])
@pytest.mark.parametrize("kind", FAMILIES)
def test_filled_layer_by_layer_it_is_the_model_read_whole(
    kind: str, dtype: Dtype, ours: bool, mesh: Mesh, tmp_path: Path
) -> None:
    folder = write_family(kind, tmp_path / "model")
    whole, _ = load_folder(folder, dtype)
    whole = (import_model(whole) if ours else None) or whole
    for place in (fsdp.allocate, lambda model: fsdp.shard_model(model, mesh)):
        outline, _ = outline_folder(folder, dtype, ours=ours)
        place(outline.model)
        outline.fill()
        check_equal(outline.model, whole)


@pytest.mark.parametrize("kind", ["llama", "gpt2", "olmo2"])
def test_a_scorer_is_filled_and_written_alike(kind: str, mesh: Mesh, tmp_path: Path) -> None:
    folder = write_family(kind, tmp_path / "model", AutoModelForSequenceClassification, num_labels=1)
    whole = load_reward_model(folder)
    outline = outline_reward_model(folder, "float32")
    fsdp.allocate(outline.model)
    outline.fill()
    check_equal(outline.model, import_scorer(whole) or whole)
    save_model(whole, TOKENIZER, tmp_path / "whole")
    save_sharded(fsdp.shard_model(whole, mesh), TOKENIZER, tmp_path / "sharded", mesh)
    check_same_files(tmp_path / "whole", tmp_path / "sharded")


@pytest.mark.parametrize("kind", FAMILIES)
def test_written_layer_by_layer_it_is_the_folder_written_whole(kind: str, mesh: Mesh, tmp_path: Path) -> None:
    outline, _ = outline_folder(write_family(kind, tmp_path / "model"), "float32", ours=True)
    whole, _ = outline_folder(tmp_path / "model", "float32", ours=True)
    fsdp.allocate(whole.model)
    fsdp.shard_model(outline.model, mesh)
    for each in (whole, outline):
        each.fill()
    save_model(whole.model, TOKENIZER, tmp_path / "whole", form="documents")
    save_sharded(outline.model, TOKENIZER, tmp_path / "sharded", mesh, form="documents")
    check_same_files(tmp_path / "whole", tmp_path / "sharded")


def test_a_folder_of_many_files_is_read_by_everyone(mesh: Mesh, tmp_path: Path) -> None:
    folder = write_family("llama", tmp_path / "model")
    outline, _ = outline_folder(folder, "own", ours=True)
    fsdp.shard_model(outline.model, mesh)
    outline.fill()
    save_sharded(outline.model, TOKENIZER, tmp_path / "parts", mesh, file_bytes=1)
    assert (tmp_path / "parts" / INDEX).is_file() and not (tmp_path / "parts" / SINGLE).exists()
    assert len(list((tmp_path / "parts").glob("model-*-of-00003.safetensors"))) == 3  # two layers, and the rest
    whole, _ = load_folder(folder, "own")
    check_equal(load_folder(tmp_path / "parts", "own")[0], whole)
    again, _ = outline_folder(tmp_path / "parts", "own", ours=False)
    fsdp.allocate(again.model)
    again.fill()
    check_equal(again.model, whole)


@pytest.mark.parametrize("kind", ["llama", "gpt_neox", "bloom"])
def test_a_sharded_model_is_tried_as_a_whole_one_is(kind: str, mesh: Mesh, tmp_path: Path) -> None:
    folder = write_family(kind, tmp_path / "model")
    outline, _ = outline_folder(folder, "float32", ours=False)
    fsdp.shard_model(outline.model, mesh, param_dtype=torch.bfloat16)
    outline.fill()
    found, expected = probe_model(outline.model), probe_model(load_folder(folder)[0])
    assert found == replace(expected, token_bytes=expected.token_bytes // 2)  # in bfloat16


def test_weights_that_are_not_finite_are_not_written(mesh: Mesh, tmp_path: Path) -> None:
    outline, _ = outline_folder(write_family("llama", tmp_path / "model"), "float32", ours=False)
    fsdp.shard_model(outline.model, mesh)
    outline.fill()
    with torch.no_grad():
        next(outline.model.parameters()).to_local()[0, 0] = float("nan")
    with pytest.raises(DivergenceError, match="NaN or infinity"):
        save_sharded(outline.model, TOKENIZER, tmp_path / "out", mesh)
    assert not (tmp_path / "out").exists()


def test_a_truncated_file_is_refused_by_its_folder(tmp_path: Path) -> None:
    weights = write_family("llama", tmp_path / "model") / SINGLE
    weights.write_bytes(weights.read_bytes()[:-10])
    with pytest.raises(ArtifactError, match=r"model: the model cannot be read: "):
        outline_folder(tmp_path / "model", "own", ours=True)


def test_weights_that_are_missing_are_told_by_the_first(tmp_path: Path) -> None:
    folder = write_family("llama", tmp_path / "model")
    config = (folder / "config.json").read_text().replace('"num_hidden_layers": 2', '"num_hidden_layers": 3')
    (folder / "config.json").write_text(config)
    with pytest.raises(ArtifactError, match=r"its weights lack 9 that its config.json asks for, model.layers.2"):
        outline_folder(folder, "own", ours=True)


def test_names_are_grouped_by_the_layer_that_they_lie_in() -> None:
    names = ["head.weight", "encoder.block.0.q", "decoder.block.0.q", "encoder.block.0.experts.1.w", "h.10.a"]
    assert group_by_layer(names) == {
        "encoder.block.0": ["encoder.block.0.q", "encoder.block.0.experts.1.w"],
        "decoder.block.0": ["decoder.block.0.q"],
        "h.10": ["h.10.a"],
        "": ["head.weight"],
    }
