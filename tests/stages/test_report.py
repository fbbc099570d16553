"""The report stage on the traces of a made-up run, whose curves and figures have a real run's shape."""

import json
import math
import random
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from components.base.config import SharedConfig
from components.base.errors import ArtifactError
from components.base.metrics import Metrics
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.corpus.banding import Bands
from components.corpus.curve import measure_curve
from components.corpus.funnel import RULES
from components.report.config import ReportConfig
from components.report.panels import PPO_MEASURES
from pipelines.report import run

PARAMS = Path(__file__).parents[2] / "params.yaml"
PARAMS_RUN = {"kind": "made_up", "kl_budget": 2.0, "confidence": 0.95}
INPUTS = {
    "corpus": [], "tokens": ["corpus"], "pretrain": ["tokens"], "sft": ["pretrain"], "reward": ["sft"],
    "align": ["sft", "reward"], "quantize": ["align", "tokens"], "serve": ["quantize"],
    "evaluate": ["pretrain", "sft", "align", "quantize"],
}  # fmt: skip
WALL_S = {
    "corpus": 58.2, "tokens": 21.4, "pretrain": 284.0, "sft": 96.5, "reward": 71.3, "align": 187.9,
    "quantize": 33.1, "evaluate": 64.8, "serve": 41.7,
}  # fmt: skip
METHODS = {"zero_shot": 0.0, "few_shot": -0.02, "zero_shot_cot": 0.42, "few_shot_cot": 0.44, "self_consistency": 0.49}
MODELS = {"base": 0.06, "sft": 0.16, "aligned": 0.19, "int8": 0.186}
FUNNEL = [
    (rule, 40 + 977 * (index % 5), 9_812 + 190_233 * (index % 7)) for index, rule in enumerate(RULES[:8] + RULES[-3:])
]


def make_evaluation() -> dict[str, Any]:
    def cell(value: float) -> dict[str, float]:
        value = max(value, 0.01)
        half = 1.96 * math.sqrt(value * (1 - value) / 500)
        return {"exact_match": value, "low": max(value - half, 0.0), "high": value + half, "n": 500}

    return {m: {k: cell(start + gain) for k, gain in METHODS.items()} for m, start in MODELS.items()}


def make_metrics() -> dict[str, Metrics]:
    load = {
        str(clients): {"p50_ms": 38.0 * clients**0.7, "p95_ms": 61.0 * clients**0.74, "requests_ok": 64,
                       "first_token_p50_ms": 9.0 * clients**0.6,
                       "requests_failed": 0, "requests_per_s": 21.0 * clients**0.28,
                       "tokens_per_s": 610.0 * clients**0.3}
        for clients in (1, 4, 16, 32)
    }  # fmt: skip
    return {
        "corpus": {
            "documents_in": 65_724, "documents_out": 61_240, "bytes_out": 18_404_112,
            "funnel": [{"rule": r, "documents": d, "bytes": b} for r, d, b in [*FUNNEL, ("kept", 61_240, 18_404_112)]],
            "redactions": {"email": 31, "ip": 12, "secret": 4},
            "near_duplicates": {
                "stdlib": {"threshold": 0.8, "bands": 20, "rows": 8, "compared_pairs": 90, "dropped": 41,
                           "curve": measure_curve(Bands(20, 8))}
            },
            "sources": {"stdlib": {"share_of_bytes": 0.083, "bytes_out": 1_527_541},
                        "word_problems": {"share_of_bytes": 0.917, "bytes_out": 16_876_571}},
        },
        "tokens": {"train_tokens": 6_204_118, "vocab_size": 768, "bytes_per_token": 2.967},
        "pretrain": {"val_loss": 1.204, "bits_per_byte": 0.913, "ngram_bits_per_byte": 1.327,
                     "parameters": 886_784, "steps": 600},
        "sft": {"exact_match_cot": 0.642, "exact_match_direct": 0.112},
        "reward": {"heldout_accuracy": 0.781, "margin": 1.04},
        "align": {"exact_match_before": 0.372, "exact_match_after": 0.638, "kl_to_sft": 1.12, "reward_before": 0.21,
                  "reward_after": 1.94, "rollout_logprob_gap": 3e-6},
        "quantize": {"size_ratio": 0.271, "val_loss_rise": 0.0034, "exact_match_drop": 0.028,
                     "val_loss_before": 1.2041, "val_loss_after": 1.2082, "exact_match_before": 0.638,
                     "exact_match_after": 0.61, "decode_tokens_per_s": {"fp32": 2104.0, "bf16": 1569.0, "int8": 1915.0},
                     "prefill_tokens_per_s": {"fp32": 61204.0, "bf16": 58010.0, "int8": 70133.0},
                     "decode_speedup_fp32": 0.91, "decode_speedup_bf16": 1.22},
        "evaluate": {"table": make_evaluation(), "tasks": {}},
        "serve": {"parity": True, "requests_ok": 256, "requests_failed": 0, "p50_ms": 71.0, "p95_ms": 132.0,
                  "tokens_per_s": 1804.0, "load": load},
    }  # fmt: skip


def make_curves(stage: str) -> list[dict[str, float | str]]:
    """Noisy curves; PPO's ground truth falls in the last third while its reward goes on rising."""
    rng = random.Random(stage)
    rows: list[dict[str, float | str]] = []
    for step in range(1, {"pretrain": 600, "sft": 160, "reward": 120, "align": 40}[stage] + 1):
        noise = rng.gauss(0, 1)
        if stage == "align":
            truth = 0.38 + 0.27 * (1 - math.exp(-step / 8)) - 0.009 * max(step - 28, 0)
            rows.append({
                "step": step, "reward": 0.2 + 0.052 * step + 0.06 * noise, "kl": 1.4 * (1 - math.exp(-step / 14)),
                "exact_match": round(truth, 4) if step % 4 == 0 else "", "worked_share": 1 - 0.5 * math.exp(-step / 6),
                "sampled_accuracy": 0.8 * truth + 0.03 * noise,
                "response_tokens": 22 + 26 * (1 - math.exp(-step / 9)) + noise, "entropy": 0.5 * math.exp(-step / 18),
                "clip_fraction": abs(0.06 + 0.02 * noise), "explained_variance": 0.8 - 0.7 * math.exp(-step / 7),
                "policy_loss": -0.01, "value_loss": 0.5 * math.exp(-step / 10) + 0.05 + 0.01 * abs(noise),
                "kl_coef": 0.2,
            })  # fmt: skip
        elif stage == "reward":
            loss = 0.69 - 0.2 * (1 - math.exp(-step / 40)) + 0.05 * noise
            rows.append({"step": step, "loss": loss, "accuracy": min(1.0, 0.5 + 0.3 * (1 - math.exp(-step / 30)))})
        else:
            loss = (5.2 if stage == "pretrain" else 0.9) * math.exp(-step / 45) + 1.15 * (stage == "pretrain")
            val = 1.02 * loss + 0.03
            seen = {"val_loss": val if step % 50 == 0 or step == 1 else ""}
            rows.append({"step": step, "loss": loss + 0.42 * abs(noise) * 0.2, **(seen if stage == "pretrain" else {})})
    return rows


def write_run(root: Path) -> dict[str, Path]:
    """Nine artifact folders with a manifest each."""
    metrics = make_metrics()
    for index, (stage, upstream) in enumerate(INPUTS.items()):
        folder = root / stage
        folder.mkdir(parents=True)
        manifest = {
            "stage": stage, "params": PARAMS_RUN, "shared": {}, "seed": 17,
            "inputs": {name: digest(name) for name in upstream}, "code": digest("code" + stage),
            "content_sha256": digest(stage), "metrics": metrics[stage], "wall_s": WALL_S[stage],
            "peak_memory_gb": 1.2 + 0.31 * index, "started_at": f"2026-01-05T09:{10 + index}:00+00:00",
            "versions": {"torch": "2.13.0", "ray": "2.60.0", "transformers": "5.23.0"}, "python": "3.11.9",
            "hardware": {"cpu": "Example CPU @ 2.6 GHz", "cores": 2, "memory_gb": 24.0, "gpu": []},
        }  # fmt: skip
        (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        if stage in {"pretrain", "sft", "reward", "align"}:
            rows = make_curves(stage)
            lines = [",".join(rows[0]), *(",".join(str(v) for v in row.values()) for row in rows)]
            (folder / "curves.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return {stage: root / stage for stage in INPUTS}


def digest(text: str) -> str:
    return random.Random(text).randbytes(32).hex()


def change_metrics(folder: Path, **values: Any) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest["metrics"] |= values
    path.write_text(json.dumps(manifest), encoding="utf-8")


def tell(folders: dict[str, Path], out: Path) -> tuple[Metrics, str, str]:
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
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Metrics, str, str]:
    root = tmp_path_factory.mktemp("run")
    return tell(write_run(root), root / "out")


def test_totals_add_seconds_and_take_the_highest_peak(told: tuple[Metrics, str, str]) -> None:
    metrics, _, _ = told
    assert metrics["total_wall_s"] == pytest.approx(sum(WALL_S.values()))
    assert metrics["max_peak_memory_gb"] == pytest.approx(1.2 + 0.31 * 8)
    assert metrics["targets_total"] == len(read_yaml(PARAMS)["report"]["targets"])


def test_page_is_well_formed_and_asks_the_network_for_nothing(told: tuple[Metrics, str, str]) -> None:
    elements = Elements()
    elements.feed(told[1])
    assert elements.open == []
    assert elements.addresses == ["data:,"]
    assert "script" not in elements.tags
    assert not re.search(r"@import|url\((?!#)|https?://(?!www\.w3\.org/2000/svg)", told[1])


def test_missed_target_is_shown_as_missed_by_how_much(told: tuple[Metrics, str, str]) -> None:
    metrics, page, card = told
    assert metrics["targets_met"] == metrics["targets_total"] - 1
    assert page.count("missed by 0.8") == 1
    assert "missed by 0.8" in card


def test_page_marks_where_the_proxy_rises_and_the_truth_falls(told: tuple[Metrics, str, str]) -> None:
    assert "Over-optimised from iteration 28" in told[1]
    assert told[1].count("fill: var(--miss, ") >= len(PPO_MEASURES)


def test_every_chapter_holds_its_figures(told: tuple[Metrics, str, str]) -> None:
    page = told[1]
    for text in ("near duplicate", "0.913", "1.33", "63.8", "27.1", "71", "Few-shot CoT", "Example CPU", "14\u202fmin"):
        assert text in page, text


def test_rules_that_dropped_something_and_duplicates_are_shown(told: tuple[Metrics, str, str]) -> None:
    assert all(f">{rule.replace('_', ' ')}</span>" in told[1] for rule, _, _ in FUNNEL)
    assert 'aria-label="Near-duplicates found: stdlib"' in told[1]
    assert "1 − (1 − s^8)^20" in told[1]
    assert "planted pairs, " in told[1]


def test_absent_optional_figures_become_dashes(tmp_path: Path) -> None:
    folders = write_run(tmp_path)
    for folder in folders.values():
        path = folder / "manifest.json"
        manifest = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({k: manifest[k] for k in ("wall_s", "peak_memory_gb")} | {"metrics": {}}), "utf-8")
    metrics, page, card = tell(folders, tmp_path / "out")
    assert metrics["targets_met"] == 2  # the two that come from the totals
    assert "missed · not measured" in page
    assert "None" not in re.sub(r"<style>.*?</style>", "", page, flags=re.S) + card
    assert "nan" not in card


def test_stage_that_read_other_bytes_breaks_the_chain(tmp_path: Path) -> None:
    folders = write_run(tmp_path)
    path = folders["sft"] / "manifest.json"
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


def test_card_opens_with_front_matter_that_parses(told: tuple[Metrics, str, str], tmp_path: Path) -> None:
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


def test_manifest_without_wall_time_is_refused(tmp_path: Path) -> None:
    folders = write_run(tmp_path)
    path = folders["reward"] / "manifest.json"
    path.write_text('{"metrics": {}, "peak_memory_gb": 1.0}', "utf-8")
    with pytest.raises(ArtifactError, match="'wall_s' is missing"):
        tell(folders, tmp_path / "out")
