"""A stage that comes to the same bytes makes nothing below it stale."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from components.base.yaml import read_yaml
from tests.e2e.conftest import LIMIT_S, Runs
from tests.trees import run_in

pytestmark = [pytest.mark.ray, pytest.mark.timeout(3600)]  # three whole runs come first


@pytest.fixture(scope="module")
def tree(runs: Runs, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The finished tiny run with its cache, to be taken further."""
    assert runs.second.returncode == 0
    tree = tmp_path_factory.mktemp("again") / "tree"
    shutil.copytree(runs.tree, tree)
    return tree


def repro(tree: Path, *options: str) -> list[str]:
    """Run what is stale in the stages' own processes; returns the stages that were executed."""
    done = run_in(tree, "dvc", "repro", *options, timeout_s=LIMIT_S, CLUSTER="inprocess")
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return re.findall(r"Running stage '(\w+)'", done.stdout)


def hash_artifacts(tree: Path) -> dict[str, str]:
    """DVC's own hash of every artifact but the report's, which tells of times."""
    stages: dict[str, Any] = read_yaml(tree / "dvc.lock")["stages"]
    outs = {out["path"]: out["md5"] for stage in stages.values() for out in stage["outs"]}
    skipped = ("artifacts/records/", "metrics/", "artifacts/report")
    return {path: md5 for path, md5 in outs.items() if not path.startswith(skipped)}


def test_a_forced_run_of_everything_leaves_every_artifact_as_it_was(tree: Path) -> None:
    before = hash_artifacts(tree)
    assert "artifacts/align" in before
    assert len(repro(tree, "--force")) == len(read_yaml(tree / "dvc.yaml")["stages"])
    after = hash_artifacts(tree)
    # The interrupted run had a cluster file by which every step is logged; its curve is the one thing that differs.
    assert {path for path in before if after[path] != before[path]} == {"artifacts/pretrain"}
    assert repro(tree, "--force", "--single-item", "pretrain") == ["pretrain"]
    assert hash_artifacts(tree) == after
    assert repro(tree) == ["code", "report"]


def test_params_of_the_evaluation_alone_run_it_and_the_report(tree: Path) -> None:
    params = read_yaml(tree / "params.yaml")
    params["evaluate"]["items"] += 1
    YAML(typ="safe").dump(params, tree / "params.yaml")
    assert repro(tree) == ["code", "evaluate", "report"]


def test_an_edit_that_changes_no_byte_runs_its_stage_and_the_report(tree: Path) -> None:
    with (tree / "components" / "corpus" / "funnel.py").open("a", encoding="utf-8") as module:
        module.write("\n\nNOTE = 'nobody reads this'\n")
    assert repro(tree) == ["code", "corpus", "report"]


def test_a_param_without_effect_runs_its_stage_and_the_report(tree: Path) -> None:
    params = read_yaml(tree / "params.yaml")
    params["pretrain"]["evaluation"]["length_tokens"] += 1
    YAML(typ="safe").dump(params, tree / "params.yaml")
    assert repro(tree) == ["code", "pretrain", "report"]
