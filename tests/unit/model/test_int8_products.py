"""Products of rounded rows: exact integers, whoever shares the batch and whichever kernel multiplies."""

import pytest
import torch

from components.model import int8_products
from components.model.int8_products import (
    PACKED_LEAST,
    multiplies_packed,
    multiply_int8,
    multiply_scaled,
    quantize_rows,
)

INPUTS = 520
packed_only = pytest.mark.skipif(not multiplies_packed(), reason="no exact products of packed weights here")


def make_weight() -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(4)
    return quantize_rows(torch.randn(PACKED_LEAST // INPUTS + 1, INPUTS))


@pytest.mark.parametrize("rows", [1, 3, 16, 17, 70])
@pytest.mark.parametrize(("inputs", "outputs"), [(7, 3), (64, 96), (768, 128)])
def test_integer_products_are_exact_even_at_the_extremes(rows: int, inputs: int, outputs: int) -> None:
    torch.manual_seed(2)
    x = torch.randint(-127, 128, (rows, inputs)).to(torch.int8)
    weight = torch.randint(-127, 128, (outputs, inputs)).to(torch.int8)
    x[0], weight[0] = 127, -127
    assert torch.equal(multiply_int8(x, weight).long(), x.long() @ weight.long().t())


def test_rounding_is_within_half_a_step_of_each_row() -> None:
    x = torch.randn(9, 40) * torch.logspace(-6, 3, 9)[:, None]
    q, scale = quantize_rows(x)
    assert ((q * scale - x).abs() <= scale * 0.5001).all()
    assert (q.abs().amax(dim=-1) == 127).all()


def test_a_row_of_zeros_stays_zero() -> None:
    q, scale = quantize_rows(torch.zeros(2, 8))
    assert not q.any() and torch.isfinite(scale).all()


@pytest.mark.parametrize("rows", [2, 7, 16, 33, 300])
def test_every_kernel_gives_the_same_bits(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    weight, scale = make_weight()
    x = torch.randn(rows, INPUTS)
    x[0] = x[0].sign() * 3
    found = multiply_scaled(x, weight, scale[:, 0])
    monkeypatch.setattr(int8_products, "multiplies_packed", lambda: False)
    assert torch.equal(multiply_scaled(x, weight, scale[:, 0]), found)


def test_a_row_of_a_large_matrix_does_not_depend_on_its_batch() -> None:
    weight, scale = make_weight()
    x = torch.randn(40, INPUTS)
    together = multiply_scaled(x, weight, scale[:, 0])
    for size in (1, 2, 8, 17):
        assert torch.equal(multiply_scaled(x[:size], weight, scale[:, 0]), together[:size])


@packed_only
def test_packed_weights_are_those_of_now() -> None:
    weight, scale = make_weight()
    x = torch.randn(4, INPUTS)
    before = multiply_scaled(x, weight, scale[:, 0])
    weight.neg_()
    assert torch.equal(multiply_scaled(x, weight, scale[:, 0]), -before)


@packed_only
def test_packed_weights_go_with_the_plain_ones() -> None:
    weight, scale = make_weight()
    multiply_scaled(torch.randn(4, INPUTS), weight, scale[:, 0])
    assert weight in int8_products._packed
    count = len(int8_products._packed)
    del weight
    assert len(int8_products._packed) == count - 1


@packed_only
def test_a_weight_that_does_not_last_is_not_packed() -> None:
    weight, scale = make_weight()
    multiply_scaled(torch.randn(4, INPUTS), weight, scale[:, 0], lasting=False)
    assert weight not in int8_products._packed


def test_products_that_are_not_exact_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(int8_products, "_multiply_packed", lambda x, packed, *_: torch.zeros(len(x), 48))
    multiplies_packed.cache_clear()
    try:
        assert not multiplies_packed()
    finally:
        multiplies_packed.cache_clear()
