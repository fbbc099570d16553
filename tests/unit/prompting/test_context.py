"""What context is worth: planted losses, and a model of two layers that copies."""

import pytest
import torch

from components.prompting.probes.context import compare_places, measure_losses
from components.prompting.probes.induction import draw_repeats
from tests.copier import TOKENS, write_copier
from tests.shapes import draw_ids, make_model


def test_places_lie_where_the_paper_has_them() -> None:
    """Losses that fall by one a place, of a row of 512: windows of 4 from 50 on, and up to 500."""
    losses = -torch.arange(512.0, dtype=torch.float64).repeat(3, 1)
    found = compare_places(losses, 4)
    assert (found.early, found.late) == (-51.5, -497.5)
    assert (found.difference, found.error) == (-446.0, 0.0)


def test_the_error_is_that_of_the_mean_over_rows() -> None:
    losses = torch.zeros(4, 64, dtype=torch.float64)
    losses[:, 58:62] = torch.tensor([1.0, 2.0, 3.0, 4.0], dtype=torch.float64)[:, None]
    found = compare_places(losses, 4)
    assert found.difference == pytest.approx(2.5)
    assert found.error == pytest.approx((5 / 3) ** 0.5 / 2)


def test_rows_too_short_for_two_windows_are_refused() -> None:
    with pytest.raises(ValueError, match="rows of 20 targets hold no two windows of 16"):
        compare_places(torch.zeros(2, 20), 16)


def test_losses_are_those_of_the_logits() -> None:
    model, ids = make_model(), draw_ids(20, 9)
    with torch.no_grad():
        logits = model(input_ids=ids[:, :-1]).logits
    wanted = torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")
    torch.testing.assert_close(measure_losses(model, ids), wanted.double(), atol=1e-5, rtol=1e-5)


def test_a_copier_gains_from_context_what_it_copies() -> None:
    rows = draw_repeats(range(2, TOKENS), 8, 10, 4, seed=0)
    found = compare_places(measure_losses(write_copier(), rows), 5)
    assert found.late == pytest.approx(0.0, abs=1e-3)
    assert found.difference < -1.0
