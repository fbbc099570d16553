"""What the loss of a head takes: portions of logits, and no gradient of a head that is frozen."""

import pytest
import torch

from components.model import cross_entropy
from components.model.cross_entropy import linear_cross_entropy
from tests.allocations import LargestTensor

TOKENS, WIDTH, VOCABULARY = 512, 4, 2000


@pytest.mark.parametrize("frozen", [False, True])
def test_a_loss_makes_portions_of_logits_and_equal_gradients(frozen: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cross_entropy, "CHUNK_ENTRIES", 1)
    drawn = torch.Generator().manual_seed(0)
    hidden = torch.randn(TOKENS, WIDTH, generator=drawn, requires_grad=True)
    weight = torch.randn(VOCABULARY, WIDTH, generator=drawn).requires_grad_(not frozen)
    targets = torch.randint(0, VOCABULARY, (TOKENS,), generator=drawn)
    with LargestTensor() as largest:
        linear_cross_entropy(hidden, weight, targets).backward()  # type: ignore[no-untyped-call]
    assert largest.entries == cross_entropy.LEAST_ROWS * VOCABULARY
    plain = torch.nn.functional.cross_entropy(hidden @ weight.t(), targets, reduction="sum")
    wanted = torch.autograd.grad(plain, [hidden] if frozen else [hidden, weight])
    found = [hidden.grad] if frozen else [hidden.grad, weight.grad]
    assert weight.grad is None or not frozen
    for one, two in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, two, atol=1e-4, rtol=1e-4)
