"""Figures are typed where they are written, and read as far as they are there."""

import json

import pytest

from components.base.errors import GateError
from components.metrics.deployment import EvaluateMetrics, ServeMetrics
from components.metrics.figures import merge, read_figures, require_finite
from components.metrics.stages import STAGE_METRICS, is_figure
from components.metrics.training import AlignMetrics, PretrainMetrics
from tests.trees import ROOT


@pytest.mark.parametrize("stage", [n for n in STAGE_METRICS if (ROOT / "metrics" / f"{n}.json").exists()])
def test_what_the_recorded_run_measured_has_its_place(stage: str) -> None:
    found = json.loads((ROOT / "metrics" / f"{stage}.json").read_text(encoding="utf-8"))
    assert STAGE_METRICS[stage].model_validate(found).to_json() == found


def test_what_is_absent_is_not_written() -> None:
    assert AlignMetrics(exact_match_after=0.5).to_json() == {"exact_match_after": 0.5}


def test_parts_of_a_stage_are_joined_and_nothing_is_measured_twice() -> None:
    first, second = AlignMetrics(exact_match_after=0.5), AlignMetrics(kl_to_sft=1.0, reward_after=None)
    assert merge(first, second) == AlignMetrics(exact_match_after=0.5, kl_to_sft=1.0)
    with pytest.raises(AssertionError, match=r"measured twice: \['exact_match_after'\]"):
        merge(first, AlignMetrics(exact_match_after=0.6))


def test_nan_may_stand_in_a_record_and_is_refused_by_its_name() -> None:
    metrics = AlignMetrics(kl_to_sft=float("nan")).to_json()
    with pytest.raises(GateError, match="align: kl_to_sft = nan: a figure that is no finite number"):
        require_finite(metrics, "align")


def test_a_component_of_ones_own_may_leave_fewer_figures_and_others() -> None:
    found = {"bits_per_byte": 0.9, "val_loss": "a word", "next_token_loss": float("nan"), "mine": 3}
    figures = read_figures(PretrainMetrics, found)
    assert figures.bits_per_byte == 0.9
    assert figures.val_loss is None
    assert figures.next_token_loss is None


def test_tables_are_read_as_what_they_hold() -> None:
    cell = {"exact_match": 0.5, "low": 0.4, "high": 0.6, "n": 100}
    figures = read_figures(EvaluateMetrics, {"table": {"sft": {"few_shot": cell}}})
    assert figures.table["sft"]["few_shot"].high == 0.6
    assert read_figures(ServeMetrics, {}).load == {}


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("evaluate.table.aligned.few_shot.exact_match", True),
        ("evaluate.table.aligned.few_shot.accuracy", False),
        ("pretrain.continuation.match", True),
        ("pretrain.continuation.loss.more", False),
        ("quantize.decode_tokens_per_s.int8", True),
        ("align.exact_match", False),
        ("sft.wall_s", True),
    ],
)
def test_a_path_names_a_figure_or_does_not(path: str, there: bool) -> None:
    stage, _, rest = path.partition(".")
    assert is_figure(stage, rest) is there
