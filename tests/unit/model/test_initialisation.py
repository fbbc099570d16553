"""Random weights before the first step."""

import math
from typing import Any

import pytest
import torch

from components.model.initialisation import initialise
from tests.shapes import make_model

WIDE: dict[str, Any] = {"hidden_size": 128, "num_layers": 4, "feed_forward": {"width": 512}, "init": {"std": 0.05}}


def spread(weight: torch.Tensor) -> float:
    return float(weight.detach().std())


def test_weights_spread_as_told_and_gains_begin_at_one() -> None:
    block = make_model(**WIDE, bias=True).model.stack.layers[0]
    assert spread(block.attention.qkv.weight) == pytest.approx(0.05, rel=0.05)
    assert bool((block.attention_residual.norm.weight == 1).all()) and not block.attention.qkv.bias.any()


def test_depth_narrows_what_writes_to_the_stream_and_nothing_else() -> None:
    block = make_model(**{**WIDE, "init": {"std": 0.05, "scale_by_depth": True}}).model.stack.layers[2]
    for writer in (block.attention.out, block.feed_forward.down):
        assert spread(writer.weight) == pytest.approx(0.05 / math.sqrt(2 * 4), rel=0.05)
    assert spread(block.feed_forward.up.weight) == pytest.approx(0.05, rel=0.05)


def test_a_decoder_that_crosses_has_three_writers_a_block() -> None:
    options = {**WIDE, "architecture": "encoder_decoder", "init": {"std": 0.05, "scale_by_depth": True}}
    model = make_model(**options).model
    assert spread(model.decoder.layers[0].cross.out.weight) == pytest.approx(0.05 / math.sqrt(3 * 4), rel=0.05)
    assert spread(model.encoder.stack.layers[0].attention.out.weight) == pytest.approx(0.05 / math.sqrt(8), rel=0.05)


def test_what_a_file_gave_is_left_alone() -> None:
    layer = torch.nn.Linear(4, 4, bias=False)
    given = layer.weight.detach().clone()
    layer.weight._is_hf_initialized = True  # type: ignore[attr-defined]
    initialise(layer, make_model().config)
    assert torch.equal(layer.weight, given)
