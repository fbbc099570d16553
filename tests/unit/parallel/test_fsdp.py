"""Sharding wraps a model's layers by their names, and loses nothing."""

import pytest
import torch
from torch import nn
from torch.distributed.fsdp import FSDPModule
from torch.distributed.tensor import DTensor
from transformers import LlamaConfig, LlamaForCausalLM

from components.base.errors import ArtifactError
from components.model.capabilities import find_layers
from components.optim.clip import clip_gradients
from components.parallel import fsdp
from components.parallel.mesh import Mesh


def make_llama() -> LlamaForCausalLM:
    torch.manual_seed(0)
    shape = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 3, "num_attention_heads": 2}
    return LlamaForCausalLM(LlamaConfig(vocab_size=32, num_key_value_heads=2, **shape))


def test_every_layer_is_a_unit_and_every_parameter_a_shard(mesh: Mesh) -> None:
    model = fsdp.shard_model(make_llama(), mesh)
    assert all(isinstance(layer, FSDPModule) for layer in find_layers(model))
    assert all(isinstance(parameter, DTensor) for parameter in model.parameters())


def test_what_is_gathered_is_what_was_sharded(mesh: Mesh) -> None:
    whole = make_llama()
    before = {name: value.clone() for name, value in whole.state_dict().items()}
    state = fsdp.shard_model(make_llama(), mesh).state_dict()
    assert state.keys() == before.keys()
    assert all(torch.equal(fsdp.find_whole(state[name]), value) for name, value in before.items())


def test_sharded_gradients_are_clipped_as_whole_ones_are(mesh: Mesh) -> None:
    whole, sharded = make_llama(), fsdp.shard_model(make_llama(), mesh)
    ids = torch.arange(8)[None]
    for model in (whole, sharded):
        model(input_ids=ids, labels=ids).loss.backward()
    assert clip_gradients(sharded, 0.1) == pytest.approx(clip_gradients(whole, 0.1))
    assert clip_gradients(sharded, 0.1) == pytest.approx(0.1, rel=1e-4)


def test_a_model_whose_layers_are_unknown_is_refused(mesh: Mesh) -> None:
    with pytest.raises(ArtifactError, match=r"^Sequential: no list of layers under the names layers, h, block"):
        fsdp.shard_model(nn.Sequential(nn.Linear(2, 2)), mesh)
