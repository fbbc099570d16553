"""What must hold before an adapter is merged."""

import pytest
import torch

from components.model.merging import ALL_LINEAR, find_targets, measure_gap, read_logits, untie_targets
from tests.shapes import draw_ids, make_model


def test_layers_are_named_by_their_last_part_or_by_a_pattern() -> None:
    model = make_model()
    assert find_targets(model, ["qkv"]) == [f"model.stack.layers.{i}.attention.qkv" for i in range(2)]
    assert find_targets(model, r".*\.0\.attention\.(qkv|out)") == [
        "model.stack.layers.0.attention.qkv",
        "model.stack.layers.0.attention.out",
    ]


@pytest.mark.parametrize(
    ("targets", "untied"), [(["lm_head"], True), (["embed_tokens"], True), (["qkv"], False), (ALL_LINEAR, False)]
)
def test_a_shared_matrix_is_split_only_where_an_adapter_sits_on_it(targets: list[str] | str, untied: bool) -> None:
    model = make_model()
    before = read_logits(model, {"input_ids": draw_ids(1, 5)})
    untie_targets(model, targets)
    assert (model.get_input_embeddings().weight is not model.get_output_embeddings().weight) is untied
    assert torch.equal(read_logits(model, {"input_ids": draw_ids(1, 5)}), before)


def test_reading_logits_leaves_the_mode_as_it_was() -> None:
    model = make_model().train()
    read_logits(model, {"input_ids": draw_ids(1, 5)})
    assert model.training


def test_a_gap_is_told_by_the_largest_logit() -> None:
    wanted = torch.tensor([[[10.0, -20.0]]])
    assert measure_gap(wanted, wanted) == 0.0
    assert measure_gap(wanted, wanted + 1.0) == pytest.approx(0.05)
