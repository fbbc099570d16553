"""Who sees whom: causality to the bit, prefixes, windows, sparse patterns, packed and padded texts."""

from typing import Any

import pytest
import torch
from transformers import PreTrainedModel

from components.model.masks import IGNORED, find_prefix, find_segments, list_patterns
from tests.shapes import draw_ids, make_model

LENGTH = 20
KINDS: list[dict[str, Any]] = [
    {"position": {"kind": kind}} for kind in ("learned", "sinusoidal", "rope", "alibi", "t5_relative", "none")
]


@torch.no_grad()
def read(model: PreTrainedModel, ids: torch.Tensor, **more: Any) -> torch.Tensor:
    logits: torch.Tensor = model(input_ids=ids, **more).logits
    return logits


def change(ids: torch.Tensor, place: int) -> torch.Tensor:
    changed = ids.clone()
    changed[:, place] = (changed[:, place] - 2 + 7) % 59 + 2
    return changed


def find_reach(model: PreTrainedModel, place: int, tolerance: float = 0.0, **more: Any) -> set[int]:
    """Positions whose logits move when one token changes: by a single bit, or by more than the tolerance."""
    ids = draw_ids(1, LENGTH)
    moved = (read(model, ids, **more) - read(model, change(ids, place), **more)).abs().amax(-1)[0] > tolerance
    return set(moved.nonzero().flatten().tolist())


@pytest.mark.parametrize("options", KINDS, ids=lambda o: o["position"]["kind"])
def test_a_later_token_leaves_earlier_logits_equal_to_the_bit(options: dict[str, Any]) -> None:
    assert find_reach(make_model(**options), 12) == set(range(12, LENGTH))


@pytest.mark.parametrize("kind", ["switch", "top2"])
def test_a_later_token_reaches_no_earlier_one_through_the_experts(kind: str) -> None:
    # An expert multiplies as many rows as it was sent, and a matrix of another height is summed in another order.
    model = make_model(feed_forward={"kind": kind, "width": 48}).double()
    assert find_reach(model, 12, tolerance=1e-12) == set(range(12, LENGTH))


@pytest.mark.parametrize("options", KINDS[:5], ids=lambda o: o["position"]["kind"])
def test_a_prefix_token_reaches_the_whole_prefix_and_no_target_leaks_back(options: dict[str, Any]) -> None:
    model = make_model(architecture="prefix_decoder", **options)
    prefix = (torch.arange(LENGTH) < 8)[None]
    assert find_reach(model, 7, prefix_mask=prefix) == set(range(LENGTH))
    assert find_reach(model, 8, prefix_mask=prefix) == set(range(8, LENGTH))
    assert find_reach(model, 15, prefix_mask=prefix) == set(range(15, LENGTH))


def test_a_prefix_follows_from_the_labels() -> None:
    model = make_model(architecture="prefix_decoder")
    ids = draw_ids(1, LENGTH)
    labels = ids.clone()
    labels[:, :8] = IGNORED
    prefix = (torch.arange(LENGTH) < 8)[None]
    assert torch.equal(read(model, ids, labels=labels), read(model, ids, prefix_mask=prefix))
    shifted = torch.cat([labels[:, 1:], torch.full((1, 1), IGNORED)], 1)
    assert torch.equal(read(model, ids, shift_labels=shifted), read(model, ids, prefix_mask=prefix))


def test_each_packed_text_has_its_own_prefix() -> None:
    labels = torch.tensor([[IGNORED, IGNORED, 5, 6, IGNORED, 5, 6, IGNORED]])
    segments = find_segments(torch.tensor([[0, 1, 2, 3, 0, 1, 2, 3]]))
    assert find_prefix(labels, segments).int().tolist() == [[1, 1, 0, 0, 1, 0, 0, 0]]


@pytest.mark.parametrize("architecture", ["causal_decoder", "prefix_decoder"])
@pytest.mark.parametrize("options", KINDS[:5], ids=lambda o: o["position"]["kind"])
def test_packed_texts_do_not_see_each_other(architecture: str, options: dict[str, Any]) -> None:
    model = make_model(architecture=architecture, **options)
    one, two = draw_ids(1, 9, seed=3), draw_ids(1, 11, seed=4)
    positions = torch.cat([torch.arange(9), torch.arange(11)])[None]
    packed = read(model, torch.cat([one, two], 1), position_ids=positions)
    torch.testing.assert_close(packed[:, :9], read(model, one), atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(packed[:, 9:], read(model, two), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("options", KINDS, ids=lambda o: o["position"]["kind"])
def test_padding_on_the_left_changes_nothing(options: dict[str, Any]) -> None:
    model = make_model(**options)
    text = draw_ids(1, 9)
    mask = torch.cat([torch.zeros(1, 4), torch.ones(1, 9)], 1).long()
    padded = torch.cat([torch.zeros(1, 4, dtype=torch.long), text], 1)
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    found = read(model, padded, attention_mask=mask, position_ids=positions)
    assert torch.isfinite(found).all()
    torch.testing.assert_close(found[:, 4:], read(model, text), atol=1e-5, rtol=1e-4)


def test_a_sliding_window_sees_exactly_its_window() -> None:
    model = make_model(num_layers=1, attention={"kind": "sliding_window", "window": 5})
    assert find_reach(model, 6) == set(range(6, 11))


def test_the_factorized_pattern_equals_its_mask() -> None:
    near, strided = (
        make_model(num_layers=layers, attention={"kind": "factorized", "stride": 4}, position={"kind": "none"})
        for layers in (1, 2)
    )
    assert find_reach(near, 3) == set(range(3, 8))
    # Layer two adds every fourth position before what layer one reached, so the last sees all of the past.
    assert find_reach(strided, 3) == set(range(3, LENGTH))
    distance = torch.arange(LENGTH)[:, None] - torch.arange(LENGTH)
    first, second = (mask & (distance >= 0) for mask in list_patterns("factorized", distance, window=1, stride=4) if mask is not None)  # fmt: skip  # noqa: E501
    for i in range(LENGTH):
        assert set(first[i].nonzero().flatten().tolist()) == {j for j in range(i + 1) if i - j <= 4}
        assert set(second[i].nonzero().flatten().tolist()) == {j for j in range(i + 1) if (i - j) % 4 == 0}
