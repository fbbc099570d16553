"""What the page tells of forgetting, as far as a run has measured it."""

from typing import Any

from components.report.forgetting import draw_forgetting, list_forgetting
from components.report.run_record import RunRecord, StageRecord, read_metrics


def make_run(**metrics: dict[str, Any]) -> RunRecord:
    costs = {"wall_s": 1.0, "peak_memory_gb": 1.0}
    return {name: StageRecord(name, {"metrics": found, **costs}, []) for name, found in metrics.items()}


def test_a_run_that_has_not_measured_it_shows_nothing() -> None:
    metrics = read_metrics(make_run(sft={}, align={}))
    assert draw_forgetting(metrics) is None
    assert list_forgetting(metrics) == []


def test_the_last_model_measured_gives_the_figure() -> None:
    sft = {"corpus_val_loss": 1.5, "corpus_val_loss_base": 1.0, "corpus_val_loss_rise": 0.5}
    metrics = read_metrics(make_run(sft=sft, align={"corpus_val_loss": 2.0}))
    panel = draw_forgetting(metrics)
    assert panel is not None and panel.value == "+0.50 nats"
    assert list_forgetting(metrics) == [("sft", "1.5000", "+0.500"), ("aligned", "2.0000", "—")]
