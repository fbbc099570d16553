"""The graph under other params: a real `dvc exp` on a graph of one stage."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from components.base.errors import PipelineError
from pipelines.experiments import read_experiment, run_experiment

pytestmark = pytest.mark.slow  # each takes DVC some seconds
STAGE = """
import json, pathlib, sys, ruamel.yaml
seed = ruamel.yaml.YAML(typ="safe").load(open("params.yaml"))["shared"]["seed"]
open(sys.argv[1], "a").write(f"{seed}\\n")
if seed == 18:
    sys.exit("error: align: as told")
pathlib.Path("metrics").mkdir(exist_ok=True)
json.dump({"figure": seed * 2}, open("metrics/report.json", "w"))
"""
GRAPH = """
stages:
  report:
    cmd: python stage.py {log}
    params: [shared]
    metrics: [{{metrics/report.json: {{cache: false}}}}]
"""


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one stage, and a log of its runs outside of it."""
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "stage.py").write_text(STAGE)
    (tree / "params.yaml").write_text("shared: {seed: 17}\n")
    (tree / "dvc.yaml").write_text(GRAPH.format(log=tmp_path / "ran.log"))
    (tree / "note.txt").write_text("committed\n")
    monkeypatch.chdir(tree)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    for variable in ("GIT_AUTHOR", "GIT_COMMITTER"):
        monkeypatch.setenv(f"{variable}_NAME", "nobody")
        monkeypatch.setenv(f"{variable}_EMAIL", "nobody@example.org")
    for command in (
        ["git", "init", "-q"], [sys.executable, "-m", "dvc", "init", "-q"], ["git", "add", "-A"],
        ["git", "commit", "-qm", "one"],
    ):  # fmt: skip
        subprocess.run(command, check=True, capture_output=True)
    (tree / "note.txt").write_text("edited\n")
    return tree


def test_a_run_of_other_params_leaves_the_work_tree_as_it_is_and_is_kept(repository: Path) -> None:
    log = repository.parent / "ran.log"
    for _ in range(2):
        run_experiment("seed-20", {"shared.seed": 20}, "report")
        assert read_experiment("seed-20", "report") == {"figure": 40}
    assert log.read_text() == "20\n"  # the second time it is taken from the cache
    assert (repository / "params.yaml").read_text() == "shared: {seed: 17}\n"
    assert (repository / "note.txt").read_text() == "edited\n"
    assert not (repository / "metrics").exists()


def test_a_stages_refusal_is_told_in_its_own_words(repository: Path) -> None:
    with pytest.raises(PipelineError, match=r"^dvc exp run failed: align: as told$"):
        run_experiment("seed-18", {"shared.seed": 18}, "report")
