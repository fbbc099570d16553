"""Quick float32 products: the same numbers, and plain linear layers wherever gradients are wanted."""

import copy

import pytest
import torch
from torch import nn

from components.model.products import LEAST_PRODUCTS, QuickLinear, has_products, quicken

WIDE = 2048


def make_pair(*, bias: bool) -> tuple[nn.Linear, nn.Linear]:
    torch.manual_seed(0)
    plain = nn.Linear(96, WIDE, bias=bias)
    quick = copy.deepcopy(plain)
    quicken(quick)
    return plain, quick


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("shape", [(96,), (7, 96), (32, 1, 96), (3, 40, 96)], ids=str)
def test_a_quick_product_is_as_near_to_float64_as_the_plain_one(bias: bool, shape: tuple[int, ...]) -> None:
    plain, quick = make_pair(bias=bias)
    x = torch.randn(shape)
    with torch.no_grad():
        expected = nn.functional.linear(
            x.double(), plain.weight.double(), None if plain.bias is None else plain.bias.double()
        )
        found, ordinary = quick(x), plain(x)
    assert found.shape == ordinary.shape and found.dtype == torch.float32
    assert (found - expected).abs().max() <= max(2 * (ordinary - expected).abs().max(), 1e-5)


def test_a_large_product_without_gradients_is_made_by_the_quick_operator() -> None:
    if not has_products():
        pytest.skip("this torch has no such operator")
    _, quick = make_pair(bias=False)
    x = torch.randn(LEAST_PRODUCTS // WIDE // 96 + 1, 96)
    assert names_of(quick, x) == {"mkldnn::_linear_pointwise"}
    assert names_of(quick, x[:1]) == set(), "a small one starts sooner in the plain way"
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert names_of(quick, x) == set()


def test_gradients_are_those_of_the_plain_layer_to_the_bit() -> None:
    plain, quick = make_pair(bias=True)
    x = torch.randn(64, 96)
    for layer in (plain, quick):
        layer(x).square().sum().backward()
    assert plain.weight.grad is not None and quick.weight.grad is not None
    assert torch.equal(plain.weight.grad, quick.weight.grad)


def test_quickened_layers_are_linear_layers_still() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Embedding(3, 4), nn.Sequential(nn.Linear(4, 2)))
    names = list(model.state_dict())
    quicken(model)
    quicken(model)
    assert [type(module) for module in model.modules() if isinstance(module, nn.Linear)] == [QuickLinear] * 2
    assert list(copy.deepcopy(model).state_dict()) == names


def names_of(layer: nn.Module, x: torch.Tensor) -> set[str]:
    """Of oneDNN's operators that a call comes to."""
    with torch.no_grad(), torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        layer(x)
    return {event.name for event in profile.events() if event.name.startswith("mkldnn::_linear")}
