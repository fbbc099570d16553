"""What a stage says that its model has forgotten."""

from pathlib import Path

from components.base.files import write_json
from components.metrics.forgetting import compare_losses, read_base_loss
from components.metrics.training import SftMetrics


def test_the_rise_is_over_the_base_model() -> None:
    found = compare_losses(SftMetrics, 1.25, 1.0)
    assert (found.corpus_val_loss, found.corpus_val_loss_base, found.corpus_val_loss_rise) == (1.25, 1.0, 0.25)


def test_what_cannot_be_measured_is_absent() -> None:
    assert compare_losses(SftMetrics, None, None).to_json() == {}
    assert compare_losses(SftMetrics, 1.25, None).to_json() == {"corpus_val_loss": 1.25}


def test_the_base_models_loss_is_what_the_stage_above_says_of_it(tmp_path: Path) -> None:
    assert read_base_loss(tmp_path) is None
    write_json(tmp_path / "manifest.json", {"metrics": {"corpus_val_loss_base": 1.5}})
    assert read_base_loss(tmp_path) == 1.5
    write_json(tmp_path / "manifest.json", {"metrics": {"corpus_val_loss_base": "much"}})
    assert read_base_loss(tmp_path) is None
