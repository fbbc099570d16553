"""Random weights drawn a module at a time, for a model that is spread over workers."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from components.base.errors import ParamsError
from components.model.build import outline_model, require_causal
from components.model.config import TransformersModelConfig
from components.parallel import fsdp
from components.parallel.mesh import Mesh
from components.pretrain.drawing import draw_weights
from tests.shapes import VOCABULARY, make_model, make_model_config

WIDE: dict[str, Any] = {"hidden_size": 128, "num_layers": 4, "feed_forward": {"width": 512}, "init": {"std": 0.05}}
OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {**WIDE, "bias": True},
    "narrowed by depth": {**WIDE, "init": {"std": 0.05, "scale_by_depth": True}},
    "DeepNorm": {**WIDE, "norm": {"kind": "deepnorm", "position": "post"}},
    "experts": {**WIDE, "feed_forward": {"kind": "top2", "width": 256}},
    "encoder and decoder": {**WIDE, "architecture": "encoder_decoder"},
}
FOREIGN = TransformersModelConfig(
    architecture="transformers",
    config={"model_type": "gpt_neox", "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4},
)


def draw(seed: int, mesh: Mesh | None = None, **options: Any) -> dict[str, Tensor]:
    model = outline_model(make_model_config(**options), VOCABULARY)
    whole = fsdp.allocate(model) if mesh is None else fsdp.shard_model(model, mesh)
    draw_weights(model, seed)
    return {name: fsdp.find_whole(tensor).detach().clone() for name, tensor in whole.state_dict().items()}


@pytest.mark.parametrize("name", OPTIONS)
def test_every_weight_spreads_as_in_a_model_drawn_whole(name: str) -> None:
    found, expected = draw(1, **OPTIONS[name]), make_model(**OPTIONS[name]).state_dict()
    assert found.keys() == expected.keys()
    for key, tensor in expected.items():
        spread = float(tensor.std()) if tensor.numel() > 1 else 0.0
        tolerance = 5 * spread / math.sqrt(2 * tensor.numel())  # of an estimate of a standard deviation, at five sigmas
        assert float(found[key].std()) == pytest.approx(spread, abs=2 * tolerance), key
        assert float(found[key].mean()) == pytest.approx(float(tensor.mean()), abs=0.02), key


def test_it_is_the_same_however_it_is_cut_and_another_for_another_seed(mesh: Mesh) -> None:
    whole, cut, other = draw(1, **WIDE), draw(1, mesh, **WIDE), draw(2, **WIDE)
    assert all(torch.equal(tensor, cut[name]) for name, tensor in whole.items())
    assert not torch.equal(whole["model.embed_tokens.weight"], other["model.embed_tokens.weight"])
    assert torch.equal(whole["lm_head.weight"], whole["model.embed_tokens.weight"])


def test_a_library_s_model_is_drawn_and_found_causal(mesh: Mesh) -> None:
    model = outline_model(FOREIGN, VOCABULARY)
    fsdp.shard_model(model, mesh)
    draw_weights(model, 3)
    require_causal(model)


def test_an_encoder_is_refused_once_it_is_drawn(mesh: Mesh) -> None:
    bert = {"model_type": "bert", "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    model = outline_model(TransformersModelConfig(architecture="transformers", config=bert), VOCABULARY)
    fsdp.allocate(model)
    draw_weights(model, 3)
    with pytest.raises(ParamsError, match="bert is not causal so"):
        require_causal(model)
