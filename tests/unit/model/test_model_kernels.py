"""Hand-written gradients against autograd's own, in float64; and the loss that never stores the logits."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.functional import cross_entropy, silu

from components.model import cross_entropy as fused
from components.model.kernels import rms_norm, rotate, swiglu
from tests.shapes import draw_ids, make_model


def draw(*shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, requires_grad=True)


def test_gradients_equal_finite_differences() -> None:
    torch.manual_seed(0)
    angles = torch.randn(1, 3, 1, 4, dtype=torch.float64)
    cases: list[tuple[Callable[..., Tensor], tuple[Tensor, ...]]] = [
        (lambda x, w: rms_norm(x, w, 1e-6), (draw(2, 3, 8), draw(8))),
        (lambda x: rotate(x, angles.cos(), angles.sin()), (draw(2, 3, 2, 8),)),
        (swiglu, (draw(2, 3, 8),)),
    ]
    for function, inputs in cases:
        assert torch.autograd.gradcheck(function, inputs)


def test_values_equal_pytorchs() -> None:
    torch.manual_seed(0)
    x, w = draw(2, 3, 8), draw(8)
    torch.testing.assert_close(rms_norm(x, w, 1e-6), functional.rms_norm(x, (8,), w, 1e-6))
    torch.testing.assert_close(swiglu(x), silu(x[..., :4]) * x[..., 4:])


@pytest.mark.parametrize("entries", [1 << 18, 64, 7])
def test_the_fused_loss_and_its_gradients_equal_those_through_the_logits(
    entries: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fused, "CHUNK_ENTRIES", entries)
    torch.manual_seed(0)
    hidden, weight = draw(10, 6), draw(13, 6)
    targets = torch.randint(13, (10,)).index_fill(0, torch.tensor([2, 7]), -100)
    grads = []
    for loss in (
        fused.linear_cross_entropy(hidden, weight, targets),
        cross_entropy(hidden @ weight.t(), targets, reduction="sum"),
    ):
        grads.append((loss, *torch.autograd.grad(3.0 * loss, (hidden, weight))))
    for found, wanted in zip(*grads, strict=True):
        torch.testing.assert_close(found, wanted)


def test_a_model_has_the_same_loss_and_gradients_without_logits() -> None:
    model = make_model().train()
    ids = draw_ids(3, 17)
    found = []
    for skip in (False, True):
        out = model(input_ids=ids, labels=ids, skip_logits=skip)
        assert (out.logits is None) == skip
        found.append((out.loss, *torch.autograd.grad(out.loss, list(model.parameters()))))
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-4)


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning")
def test_a_compiler_gets_the_same_values() -> None:
    torch.manual_seed(0)
    x, w, angles = draw(2, 3, 2, 8), draw(8), torch.randn(1, 3, 1, 4, dtype=torch.float64)

    def everything(x: Tensor) -> Tensor:
        return swiglu(rotate(rms_norm(x, w, 1e-6), angles.cos(), angles.sin()))

    compiled = torch.compile(everything, backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(x), everything(x))
    torch.testing.assert_close(torch.autograd.grad(compiled(x).sum(), x), torch.autograd.grad(everything(x).sum(), x))
