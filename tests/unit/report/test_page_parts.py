"""Chapters of the page and of the card, each from its own figures."""

from pathlib import Path

import pytest

from components.base.validation import validate
from components.base.yaml import read_yaml
from components.metrics.deployment import Cell, EvaluateMetrics
from components.metrics.training import AlignMetrics, PretrainMetrics
from components.report.card import list_results
from components.report.config import ReportConfig
from components.report.lineage import format_scale, list_hardware, list_lineage, list_params, list_versions
from components.report.page import list_tiles, note_stations, summarize
from components.report.panels import draw_ppo, draw_pretrain, draw_tuning
from components.report.run_record import RunRecord, find_broken_links, read_metrics, read_run
from components.report.scores import format_interval, format_score, list_methods, make_intervals, name_method
from tests.stages.made_up_run import write_run
from tests.trees import ROOT

CFG: ReportConfig = validate(ReportConfig, read_yaml(ROOT / "params.yaml")["report"], where="report")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunRecord:
    return read_run(**write_run(tmp_path_factory.mktemp("run")))


def make_cell(value: float) -> Cell:
    return Cell(exact_match=value, low=value - 0.1, high=value + 0.1, n=100)


def test_the_run_is_told_in_one_breath(run: RunRecord) -> None:
    told = summarize(read_metrics(run), run).replace("\u202f", " ")
    assert told.startswith("A model of 887 k parameters, from 61.2 k documents to a chat server in 14 min")
    assert "on 2 CPU cores and no GPU" in told


def test_every_station_has_a_note_and_an_unmeasured_one_a_dash(run: RunRecord) -> None:
    notes = note_stations(read_metrics(run), [], "95 %")
    assert notes["pretrain"].figure == "0.913"
    unmeasured = {name: record for name, record in run.items() if name != "preferences"}
    assert note_stations(read_metrics(unmeasured), [], "95 %")["preferences"].figure == "—"
    assert notes["report"].caption == "0 of 0 targets met"


def test_tiles_name_before_and_after(run: RunRecord) -> None:
    value, name, remark = list_tiles(read_metrics(run), [])[0]
    assert (value.replace("\u202f", " "), name) == ("63.8 %", "right answers after PPO")
    assert remark.replace("\u202f", " ") == "37.2 % before, asked plainly"


def test_bits_per_byte_follow_the_validation_curve(run: RunRecord) -> None:
    loss, bits = draw_pretrain(run, PretrainMetrics(val_loss=2.0, bits_per_byte=1.0, ngram_bits_per_byte=1.5), 0.9)
    assert float(bits.value) == pytest.approx(float(loss.value) / 2, rel=0.01)
    assert ("dashed", "n-gram baseline 1.50") in bits.keys


def test_without_the_stages_two_figures_there_are_no_bits(run: RunRecord) -> None:
    assert draw_pretrain(run, PretrainMetrics(), 0.9)[1].value == "—"


def test_tuning_has_a_panel_for_each_loss_and_one_for_accuracy(run: RunRecord) -> None:
    titles = [panel.title for panel in draw_tuning(run, 0.9)]
    assert titles == ["Instruction tuning loss", "Reward model loss", "Reward model accuracy"]


def test_over_optimisation_is_found_where_the_truth_falls_and_the_reward_does_not(run: RunRecord) -> None:
    _, verdict, bad = draw_ppo(run, CFG)
    assert bad
    assert verdict.startswith("Over-optimised from iteration 28")


def test_lineage_names_what_each_stage_read(run: RunRecord) -> None:
    rows = {row["stage"]: row for row in list_lineage(run)}
    assert rows["corpus"]["inputs"] == "raw sources"
    assert rows["align"]["inputs"] == "reward, sft"
    assert find_broken_links(run) == []


def test_versions_and_machines_are_listed_once(run: RunRecord) -> None:
    assert ("torch", "2.13.0") in list_versions(run)
    assert len(list_hardware(run)) == 1
    assert format_scale(run) == "2 CPU cores and no GPU"
    assert [name for name, _ in list_params(run)][:2] == ["shared", "corpus"]


def test_the_card_lists_the_served_models_scores_first(run: RunRecord) -> None:
    metrics = read_metrics(run)
    table = {"sft": {"few_shot": make_cell(0.2)}, "int8": {"few_shot_cot": make_cell(0.6)}}
    evaluate = EvaluateMetrics(task="word_problems", table=table)
    changed = type(metrics)(**{**vars(metrics), "evaluate": evaluate, "align": AlignMetrics()})
    results = list_results(changed)
    assert results[0] == {"name": "Word problems, Few-shot CoT", "type": "exact_match", "value": 0.6}
    assert all("before INT8" not in result["name"] for result in results), "what was not measured is not claimed"


def test_a_cell_is_written_with_its_interval_and_the_best_is_stressed() -> None:
    row = {"few_shot": make_cell(0.2), "few_shot_cot": make_cell(0.6)}
    assert format_score(row["few_shot"]).replace("\u202f", " ") == "20.0 %"
    assert format_interval(row["few_shot"]) == "10.0–30.0"
    assert [(interval.label, interval.strong) for interval in make_intervals(row)] == [
        ("Few-shot", False), ("Few-shot CoT", True),
    ]  # fmt: skip
    assert list_methods({"a": row, "b": {"zero_shot": make_cell(0.1)}}) == ["few_shot", "few_shot_cot", "zero_shot"]
    assert name_method("self_consistency") == "Self-consistency"


def test_templates_lie_beside_the_code() -> None:
    folder = Path(ROOT) / "components" / "report" / "templates"
    assert {path.suffix for path in folder.iterdir()} == {".css", ".j2"}
