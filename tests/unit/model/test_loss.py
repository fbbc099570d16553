"""The loss of a batch: what it is a mean of, and what routers add to it."""

import pytest
import torch

from components.model.loss import measure_loss, sum_token_loss
from components.model.masks import IGNORED
from tests.shapes import VOCABULARY, draw_ids, make_model

TARGETS = draw_ids(2, 6)
TARGETS[0, :3] = IGNORED


def test_ignored_places_count_neither_above_nor_below() -> None:
    torch.manual_seed(0)
    logits = torch.randn(2, 6, VOCABULARY.size)
    wanted = torch.nn.functional.cross_entropy(logits.flatten(0, 1), TARGETS.flatten(), ignore_index=IGNORED)
    torch.testing.assert_close(measure_loss(None, logits, logits, TARGETS, None, None), wanted)
    torch.testing.assert_close(measure_loss(None, logits, logits, TARGETS, None, 1), wanted * 9)


def test_a_loss_without_logits_is_that_with_them() -> None:
    model, ids = make_model(), draw_ids(2, 6, seed=4)
    with torch.no_grad():
        stored = model(input_ids=ids, shift_labels=TARGETS).loss
        found = model(input_ids=ids, shift_labels=TARGETS, skip_logits=True)
    assert found.logits is None
    torch.testing.assert_close(found.loss, stored)


def test_half_precision_logits_are_summed_in_float32() -> None:
    logits = torch.zeros(1, 6, VOCABULARY.size, dtype=torch.bfloat16)
    assert sum_token_loss(logits, TARGETS[1:]).dtype is torch.float32


def test_routers_add_to_the_loss_in_training_alone() -> None:
    model = make_model(feed_forward={"kind": "top2", "width": 48, "balance_coefficient": 0.5})
    ids = draw_ids(2, 6, seed=4)
    plain = model(input_ids=ids, shift_labels=TARGETS).loss
    assert float(model.train()(input_ids=ids, shift_labels=TARGETS).loss.detach()) > float(plain.detach())
    model.config.balance_coefficient = model.config.router_z_coefficient = 0.0
    assert float(model(input_ids=ids, shift_labels=TARGETS).loss.detach()) == pytest.approx(float(plain.detach()))
