"""Norm positions, DeepNorm's constants, and weights before the first step."""

import math

import pytest
import torch

from components.model.block import find_alpha, find_beta
from components.model.norm import deepnorm_scale
from tests.shapes import make_model


def test_deepnorm_constants_are_the_papers() -> None:
    scale = deepnorm_scale(encoder_layers=0, decoder_layers=8, is_decoder=True)
    assert scale == pytest.approx((2.0, 64**-0.25))  # (2M)^(1/4) and (8M)^(-1/4)
    encoder = deepnorm_scale(encoder_layers=18, decoder_layers=18, is_decoder=False)
    assert encoder == pytest.approx((0.81 * (18**5) ** (1 / 16), 0.87 * (18**5) ** (-1 / 16)))
    decoder = deepnorm_scale(encoder_layers=18, decoder_layers=18, is_decoder=True)
    assert decoder == pytest.approx((54**0.25, 216**-0.25))


def spread(weight: torch.Tensor) -> float:
    return float(weight.detach().std())


def test_deepnorm_scales_the_stream_and_the_weights() -> None:
    model = make_model(num_layers=8, hidden_size=64, norm={"kind": "deepnorm", "position": "post"})
    config, block = model.config, model.model.stack.layers[0]
    assert (find_alpha(config, is_decoder=True), find_beta(config, is_decoder=True)) == pytest.approx((2.0, 64**-0.25))
    assert block.attention_residual.alpha == pytest.approx(2.0)
    q, _, v = block.attention.qkv.weight.detach().split(64)
    glorot = math.sqrt(2 / 128)
    assert spread(q) == pytest.approx(glorot, rel=0.1)
    assert spread(v) == pytest.approx(glorot * 64**-0.25, rel=0.1)
    assert spread(block.attention.out.weight) == pytest.approx(glorot * 64**-0.25, rel=0.1)


def test_depth_scales_the_weights_that_write_to_the_stream() -> None:
    model = make_model(num_layers=8, hidden_size=64, init={"std": 0.1, "scale_by_depth": True})
    block = model.model.stack.layers[3]
    assert spread(block.feed_forward.up.weight) == pytest.approx(0.1, rel=0.1)
    for writer in (block.feed_forward.down, block.attention.out):
        assert spread(writer.weight) == pytest.approx(0.1 / 4, rel=0.1)


@pytest.mark.parametrize("position", ["pre", "post", "sandwich"])
def test_norms_stand_where_they_are_said_to(position: str) -> None:
    model = make_model(norm={"kind": "rmsnorm", "position": position})
    residual = model.model.stack.layers[0].attention_residual
    x, y = torch.randn(2, 3, 32), torch.randn(2, 3, 32)

    def rms(z: torch.Tensor) -> torch.Tensor:
        return z / (z.square().mean(-1, keepdim=True) + 1e-6).sqrt()

    entered = {"pre": rms(x), "post": x, "sandwich": rms(x)}[position]
    left = {"pre": x + y, "post": rms(x + y), "sandwich": x + rms(y)}[position]
    torch.testing.assert_close(residual.pre(x), entered, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(residual.post(x, y), left, atol=1e-5, rtol=1e-5)


def test_gated_layers_have_as_many_parameters_as_plain_ones() -> None:
    plain, gated = (
        sum(p.numel() for p in make_model(activation=kind, feed_forward={"width": 96}).parameters())
        for kind in ("gelu", "geglu")
    )
    assert plain == gated
