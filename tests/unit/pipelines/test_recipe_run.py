"""A recipe's folder: the work tree's code, the user's own files, and what earlier runs left in it."""

import json
import subprocess
from pathlib import Path

import pytest

from components.base.errors import PipelineError
from pipelines import recipe_run
from pipelines.recipe_run import FOLDER, RESULTS, copy_figures, lay_out, run_recipe
from tests.contracts.source import ROOT


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone with one file of code, params and a folder of data that git does not know."""
    for name in ("params.yaml", "dvc.yaml", ".dvc/config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    for name in ("components/part.py", "data/mine.jsonl", "artifacts/sft/old", "metrics/sft.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name, encoding="utf-8")
    (tmp_path / ".gitignore").write_text("/data/\n/artifacts/\n/.recipes/\n", encoding="utf-8")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_recipe(folder: Path) -> str:
    (folder / "mine.yaml").write_text("title: mine\nparams: {shared: {seed: 5}}\n", encoding="utf-8")
    return "mine.yaml"


def finish(folder: Path) -> None:
    """What a whole run leaves."""
    (folder / "metrics").mkdir(exist_ok=True)
    (folder / "metrics" / "sft.json").write_text(json.dumps({"exact_match_cot": 0.5}), encoding="utf-8")


def test_code_is_copied_data_linked_and_nothing_that_was_made_taken_over(tree: Path) -> None:
    lay_out(FOLDER / "mine")
    folder = tree / FOLDER / "mine"
    assert (folder / "components" / "part.py").read_text(encoding="utf-8") == "components/part.py"
    assert not (folder / "components").is_symlink()
    assert (folder / "data").resolve() == tree / "data"
    assert not (folder / "artifacts").exists() and not (folder / "metrics").exists()


def test_a_folder_follows_the_work_tree_and_keeps_what_its_runs_made(tree: Path) -> None:
    lay_out(FOLDER / "mine")
    folder = tree / FOLDER / "mine"
    (folder / "artifacts").mkdir()
    (tree / "components" / "part.py").rename(tree / "components" / "other.py")
    lay_out(FOLDER / "mine")
    assert [path.name for path in (folder / "components").iterdir()] == ["other.py"]
    assert (folder / "artifacts").is_dir()


def test_only_a_whole_run_changes_the_figures(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = write_recipe(tree)

    def run(folder: Path) -> int:
        finish(folder)
        return 0

    monkeypatch.setattr(recipe_run, "_repro", run)
    assert run_recipe(name) == 0
    kept = tree / RESULTS / "mine" / "sft.json"
    assert json.loads(kept.read_text(encoding="utf-8")) == {"exact_match_cot": 0.5}
    monkeypatch.setattr(recipe_run, "_repro", lambda _: 1)
    (tree / FOLDER / "mine" / "metrics" / "sft.json").unlink()
    assert run_recipe(name) == 1
    assert kept.is_file()
    assert "seed: 17" in (tree / "params.yaml").read_text(encoding="utf-8")
    assert "seed: 5" in (tree / FOLDER / "mine" / "params.yaml").read_text(encoding="utf-8")


def test_figures_of_an_older_run_do_not_stay_among_new_ones(tree: Path) -> None:
    (FOLDER / "mine").mkdir(parents=True)
    finish(FOLDER / "mine")
    (tree / RESULTS / "mine").mkdir(parents=True)
    (tree / RESULTS / "mine" / "gone.json").write_text("{}", encoding="utf-8")
    copy_figures(FOLDER / "mine")
    assert [path.name for path in (tree / RESULTS / "mine").iterdir()] == ["sft.json"]


def test_outside_a_clone_it_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(PipelineError, match="no git clone"):
        lay_out(FOLDER / "mine")
