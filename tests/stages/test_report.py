"""The report stage on the traces of a made-up run, whose curves and figures have a real run's shape."""

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from components.base.errors import ArtifactError
from components.base.manifest import find_record
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.metrics.deployment import ReportMetrics
from components.report.config import ReportConfig
from components.report.panels import PPO_MEASURES
from components.tasks.config import SharedConfig
from pipelines.report import run
from tests.stages.made_up_run import FUNNEL, WALL_S, digest, write_run

PARAMS = Path(__file__).parents[2] / "params.yaml"


def change_metrics(folder: Path, **values: Any) -> None:
    path = find_record(folder) / "record.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["metrics"] |= values
    path.write_text(json.dumps(record), encoding="utf-8")


def tell(folders: dict[str, Path], out: Path) -> tuple[ReportMetrics, str, str]:
    cfg: ReportConfig = validate(ReportConfig, read_yaml(PARAMS)["report"], where="report")
    shared: SharedConfig = validate(SharedConfig, read_yaml(PARAMS)["shared"], where="shared")
    out.mkdir(exist_ok=True)
    metrics = run(cfg, shared=shared, **folders, out=out)
    page, card = (out / "report.html").read_text("utf-8"), (out / "model_card.md").read_text("utf-8")
    return metrics, page, card


class Elements(HTMLParser):
    """Collects tags and attributes, and holds that every opened element is closed."""

    VOID = frozenset({"meta", "link", "wbr", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src", "xlink:href"}]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[ReportMetrics, str, str]:
    root = tmp_path_factory.mktemp("run")
    return tell(write_run(root), root / "out")


def test_totals_add_seconds_and_take_the_highest_peak(told: tuple[ReportMetrics, str, str]) -> None:
    metrics, _, _ = told
    assert metrics.total_wall_s == pytest.approx(sum(WALL_S.values()))
    assert metrics.max_peak_memory_gb == pytest.approx(1.2 + 0.31 * 9)
    assert metrics.targets_total == len(read_yaml(PARAMS)["report"]["targets"])


def test_page_is_well_formed_and_asks_the_network_for_nothing(told: tuple[ReportMetrics, str, str]) -> None:
    elements = Elements()
    elements.feed(told[1])
    assert elements.open == []
    assert elements.addresses == ["data:,"]
    assert "script" not in elements.tags
    assert not re.search(r"@import|url\((?!#)|https?://(?!www\.w3\.org/2000/svg)", told[1])


def test_missed_target_is_shown_as_missed_by_how_much(told: tuple[ReportMetrics, str, str]) -> None:
    metrics, page, card = told
    assert (metrics.targets_met, metrics.targets_total) == (15, 16)
    assert page.count("missed by 0.8") == 1
    assert "missed by 0.8" in card


def test_page_marks_where_the_proxy_rises_and_the_truth_falls(told: tuple[ReportMetrics, str, str]) -> None:
    assert "Over-optimised from iteration 28" in told[1]
    assert told[1].count("fill: var(--miss, ") >= len(PPO_MEASURES)


def test_every_chapter_holds_its_figures(told: tuple[ReportMetrics, str, str]) -> None:
    page = told[1]
    for text in ("near duplicate", "0.913", "1.33", "63.8", "27.1", "71", "Few-shot CoT", "Example CPU", "14\u202fmin"):
        assert text in page, text


def test_what_each_stage_forgot_is_drawn_and_told_over_the_base_model(told: tuple[ReportMetrics, str, str]) -> None:
    page = told[1]
    assert "What each stage forgot" in page and 'aria-label="Loss on the corpus"' in page
    for text in ("+0.106", "+0.196", "+0.201", ">+0.20 nats<"):
        assert text in page, text


def test_rules_that_dropped_something_and_duplicates_are_shown(told: tuple[ReportMetrics, str, str]) -> None:
    assert all(f">{rule.replace('_', ' ')}</span>" in told[1] for rule, _, _ in FUNNEL)
    assert 'aria-label="Near-duplicates found: stdlib"' in told[1]
    assert "1 − (1 − s^8)^20" in told[1]
    assert "planted pairs, " in told[1]


def test_absent_optional_figures_become_dashes(tmp_path: Path) -> None:
    folders = write_run(tmp_path)
    for folder in folders.values():
        (folder / "manifest.json").write_text("{}", "utf-8")
        path = find_record(folder) / "record.json"
        record = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({k: record[k] for k in ("wall_s", "peak_memory_gb")} | {"metrics": {}}), "utf-8")
    metrics, page, card = tell(folders, tmp_path / "out")
    assert metrics.targets_met == 2  # the two that come from the totals
    assert "not asked" in page and metrics.targets_total == 2
    assert "None" not in re.sub(r"<style>.*?</style>", "", page, flags=re.S) + card
    assert "nan" not in card


def test_stage_that_read_other_bytes_breaks_the_chain(tmp_path: Path) -> None:
    folders = write_run(tmp_path)
    path = find_record(folders["sft"]) / "record.json"
    path.write_text(path.read_text("utf-8").replace(digest("pretrain"), digest("another")), "utf-8")
    _, page, _ = tell(folders, tmp_path / "out")
    assert "pretrain → sft" in page


def test_own_task_gets_a_table_of_its_own(tmp_path: Path) -> None:
    folders = write_run(tmp_path)
    cell = {"exact_match": 0.123, "low": 0.1, "high": 0.15, "n": 40}
    change_metrics(folders["evaluate"], tasks={"my_task": {"sft": {"zero_shot": cell}}})
    _, page, card = tell(folders, tmp_path / "out")
    assert ">my task</h3>" in page
    assert "| my task | Zero-shot |\n|---|---:|\n| sft | 12.3\u202f% (10.0–15.0) |\n" in card


def test_words_from_the_run_cannot_break_the_page(tmp_path: Path) -> None:
    folders = write_run(tmp_path)
    change_metrics(folders["corpus"], funnel=[{"rule": "<b>&", "documents": 1, "bytes": 1}])
    _, page, _ = tell(folders, tmp_path / "out")
    assert "&lt;b&gt;&amp;" in page


def test_card_opens_with_front_matter_that_parses(told: tuple[ReportMetrics, str, str], tmp_path: Path) -> None:
    head = told[2].split("---\n")[1]
    (tmp_path / "head.yaml").write_text(head, "utf-8")
    front = read_yaml(tmp_path / "head.yaml")
    metrics = front["model-index"][0]["results"][0]["metrics"]
    assert front["library_name"] == "transformers"
    assert {"type": "exact_match", "name": "Word problems, Self-consistency", "value": pytest.approx(0.676)} in metrics


@pytest.mark.parametrize("gone", ["serve", "align/curves.csv", "tokens/manifest.json"])
def test_missing_artifact_is_refused_by_name(tmp_path: Path, gone: str) -> None:
    folders = write_run(tmp_path)
    path = tmp_path / gone
    path.rename(tmp_path / "elsewhere")
    with pytest.raises(ArtifactError, match=re.escape(str(path))):
        tell(folders, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_model_taken_as_it_is_needs_no_curves(tmp_path: Path) -> None:
    folders = write_run(tmp_path)
    change_metrics(folders["pretrain"], steps=0)
    (folders["pretrain"] / "curves.csv").unlink()
    assert "not measured in this run" in tell(folders, tmp_path / "out")[1]


def test_without_their_records_artifacts_are_told_as_far_as_they_go(tmp_path: Path) -> None:
    folders = write_run(tmp_path)
    shutil.rmtree(tmp_path / "records")
    metrics, page, card = tell(folders, tmp_path / "out")
    assert (metrics.targets_met, metrics.total_wall_s) == (0, None)
    assert "not recorded" in page and "not recorded" in card
    assert digest("sft")[:10] in page


def test_a_record_without_wall_time_is_refused(tmp_path: Path) -> None:
    folders = write_run(tmp_path)
    path = find_record(folders["reward"]) / "record.json"
    path.write_text('{"metrics": {}, "peak_memory_gb": 1.0}', "utf-8")
    with pytest.raises(ArtifactError, match="'wall_s' is missing"):
        tell(folders, tmp_path / "out")
