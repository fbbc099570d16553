"""What a stage leaves: an artifact that is the same every time, and a record of this time."""

import json
import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from components.base.curves import SPEED
from components.base.files import read_json
from components.base.hashing import hash_folder
from components.base.manifest import read_manifest, read_record
from components.base.yaml import read_yaml
from pipelines import runner

ROOT = Path(__file__).parents[3]
OUTSIDER = """
import time

def reward(cfg, *, shared, sft, preferences, out):
    (out / "weights.bin").write_bytes(b"12345")
    (out / "speed.csv").write_text(f"step,tokens_per_s\\n1,{time.perf_counter()}\\n")
    if cfg.options["fails"]:
        raise ValueError("as told")
    return {"heldout_accuracy": 0.8, "heldout_margin": time.perf_counter()}
"""


@pytest.fixture(autouse=True)
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "outsider_stage.py").write_text(OUTSIDER)
    shutil.copytree(ROOT / "infra" / "clusters", tmp_path / "infra" / "clusters")
    for name in ("sft", "preferences"):
        (tmp_path / "artifacts" / name).mkdir(parents=True)
        content = {"content_sha256": hash_folder(tmp_path / "artifacts" / name)}
        (tmp_path / "artifacts" / name / "manifest.json").write_text(json.dumps(content))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(runner, "die_with_parent", lambda: None)
    return tmp_path


def run(tree: Path, *, code: str = "a", fails: bool = False) -> None:
    params = read_yaml(ROOT / "params.yaml")
    params["reward"] = {"kind": "external", "target": "outsider_stage:reward", "options": {"fails": fails}}
    YAML(typ="safe").dump(params, tree / "params.yaml")
    (tree / "artifacts" / "code").mkdir(exist_ok=True)
    (tree / "artifacts" / "code" / "reward.json").write_text(json.dumps({"code": code}))
    runner.run_stage("reward")


def read_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_rerun_by_other_code_leaves_the_same_bytes_and_a_record_of_its_own(tree: Path) -> None:
    artifact = tree / "artifacts" / "reward"
    run(tree)
    bytes_before, record_before = read_bytes(artifact), read_record(artifact)
    run(tree, code="b")
    assert read_bytes(artifact) == bytes_before
    assert set(bytes_before) == {"weights.bin", "manifest.json"}
    record = read_record(artifact)
    assert record["code"] != record_before["code"]
    assert record["metrics"]["heldout_margin"] != record_before["metrics"]["heldout_margin"]
    assert (tree / "artifacts" / "records" / "reward" / SPEED).exists()


def test_the_manifest_hands_on_what_stages_below_read_and_no_other_figure(tree: Path) -> None:
    run(tree)
    manifest = read_manifest(tree / "artifacts" / "reward")
    assert manifest["metrics"] == {"heldout_accuracy": 0.8}
    assert set(manifest) == {"stage", "metrics", "content_sha256"}


def test_the_record_says_what_went_in(tree: Path) -> None:
    run(tree)
    record = read_record(tree / "artifacts" / "reward")
    inputs = {n: read_manifest(tree / "artifacts" / n)["content_sha256"] for n in ("sft", "preferences")}
    assert record["inputs"] == inputs
    assert record["params"]["options"] == {"fails": False}
    assert record["metrics"] == read_json(tree / "metrics" / "reward.json")
    assert record["wall_s"] > 0 and record["peak_memory_gb"] >= 0


def test_a_stage_that_fails_leaves_what_was_there(tree: Path) -> None:
    run(tree)
    before = read_bytes(tree / "artifacts" / "reward"), read_record(tree / "artifacts" / "reward")
    with pytest.raises(ValueError, match="as told"):
        run(tree, fails=True)
    assert (read_bytes(tree / "artifacts" / "reward"), read_record(tree / "artifacts" / "reward")) == before
