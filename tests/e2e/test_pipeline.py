"""The whole graph on a tiny profile: interrupted, resumed, finished, and then found fresh."""

import os
import re
from pathlib import Path
from typing import Any

import pytest

from components.base.curves import read_curves
from components.base.files import read_json
from components.base.yaml import read_yaml
from tests.e2e.conftest import Runs
from tests.trees import ROOT

pytestmark = [pytest.mark.ray, pytest.mark.timeout(3600)]  # three whole runs come first
STAGES = tuple(name for name in read_yaml(ROOT / "dvc.yaml")["stages"] if name != "code")


def metrics_of(runs: Runs, stage: str) -> dict[str, Any]:
    metrics: dict[str, Any] = read_json(runs.tree / "metrics" / f"{stage}.json")
    return metrics


def test_an_interrupt_leaves_nothing_half_written(runs: Runs) -> None:
    assert "tokens.json" in runs.left_by_interrupt
    assert {"pretrain", "pretrain.json"} & runs.left_by_interrupt == set()


def test_an_interrupt_is_told_in_one_line(runs: Runs) -> None:
    told = (runs.tree / "first.log").read_text(encoding="utf-8")
    assert "interrupted: the next `dvc repro` resumes" in told
    assert "Traceback" not in told


def test_the_next_run_resumes_from_the_checkpoint(runs: Runs) -> None:
    assert runs.checkpoint_step > 0
    resumed = re.search(r"resumed at step (\d+)", runs.second.stdout + runs.second.stderr)
    assert resumed, (runs.second.stdout + runs.second.stderr)[-3000:]
    assert int(resumed.group(1)) >= runs.checkpoint_step
    steps = [int(row["step"]) for row in read_curves(runs.tree / "artifacts" / "pretrain" / "curves.csv")]
    assert steps == sorted(set(steps)), "each step stands once"


def test_the_whole_graph_runs_to_its_end(runs: Runs) -> None:
    assert runs.second.returncode == 0, (runs.second.stdout + runs.second.stderr)[-5000:]


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_leaves_its_artifact_manifest_and_metrics(runs: Runs, stage: str) -> None:
    manifest = read_json(runs.tree / "artifacts" / stage / "manifest.json")
    assert manifest["stage"] == stage
    assert metrics_of(runs, stage)["wall_s"] > 0


def test_every_plot_has_its_columns(runs: Runs) -> None:
    plots = [plot for entry in read_yaml(ROOT / "dvc.yaml")["plots"] for plot in entry.values()]
    assert plots
    for plot in plots:
        for path, column in plot["y"].items():
            rows = read_curves(runs.tree / path)
            assert {plot["x"], column} <= set(rows[0]), path


def test_finished_training_leaves_no_checkpoints(runs: Runs) -> None:
    assert list((runs.tree / ".runs").glob("*/step_*")) == []


def test_a_second_run_executes_nothing_but_the_fingerprints(runs: Runs) -> None:
    assert runs.third.returncode == 0, runs.third.stderr[-3000:]
    assert re.findall(r"Running stage '(\w+)'", runs.third.stdout) == ["code"]


def test_nobody_is_left_behind(runs: Runs) -> None:
    """Every process of the runs lives in the tree; none of them may outlive its stage."""
    here = str(runs.tree)
    left = [
        command
        for path in Path("/proc").glob("[0-9]*/cwd")
        if (command := command_in(path, here)) and str(os.getpid()) != path.parent.name
    ]
    assert left == []


def command_in(cwd: Path, folder: str) -> str:
    """The command line of a process whose working folder lies in the folder, else nothing."""
    try:
        inside = str(cwd.readlink()).startswith(folder)
        return (cwd.parent / "cmdline").read_text().replace("\0", " ") if inside else ""
    except OSError:
        return ""
