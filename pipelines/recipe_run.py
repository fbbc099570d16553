"""A recipe's run: the same graph in a folder of its own, so that the work tree and its artifacts stay as they are."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ruamel.yaml import YAML

from components.base.errors import PipelineError
from components.runtime.process_guard import call_fated, die_with_parent, leave_on_sigterm
from pipelines.params import PARAMS_FILE
from pipelines.recipe import merge_recipe, read_recipe

FOLDER = Path(".recipes")
RESULTS = Path("metrics") / "recipes"
KEPT = frozenset({"artifacts", "metrics", ".runs", ".dvc", "dvc.lock"})
"""What a folder keeps from run to run: with it DVC knows what is done, and a stage goes on where it was."""
LEFT_OUT = frozenset({"artifacts", "metrics", "dvc.lock", ".git", ".dvc", str(FOLDER), ".runs", ".venv"})
"""What is not taken over from the work tree: what is made, and what belongs to it alone."""


def run_recipe(name: str, settings: Sequence[str] = ()) -> int:
    """Run the graph with the recipe's params in `.recipes/<name>`; returns `dvc repro`'s exit code.

    The figures of a whole run are copied to `metrics/recipes/<name>`; one that ends early leaves those of the last.
    """
    _, merged = merge_recipe(read_recipe(name), settings)
    folder = FOLDER / Path(name).stem
    lay_out(folder)
    YAML(typ="safe").dump(merged, folder / PARAMS_FILE)
    code = _repro(folder)
    if not code:
        copy_figures(folder)
        print(f"Report: file://{(folder / 'artifacts' / 'report' / 'report.html').resolve()}")
        print(f"Figures: {RESULTS / folder.name}")
    return code


def lay_out(folder: Path) -> None:
    """Make the folder what the work tree is now: its code as a copy, the user's own data and models as links.

    It takes finished stages from the work tree's DVC cache.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if old.name not in KEPT:
            shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
    code = _list_code()
    for path in code:
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, target)
    taken = {Path(path).parts[0] for path in code} | LEFT_OUT
    for own in sorted(Path.cwd().iterdir()):
        if own.name not in taken and not own.name.startswith("."):
            (folder / own.name).symlink_to(own)
    cache = Path(".dvc/cache").resolve()
    text = f"[core]\n    no_scm = true\n[cache]\n    dir = {cache}\n"
    (folder / ".dvc").mkdir(exist_ok=True)
    shutil.copy2(".dvc/config", folder / ".dvc" / "config")
    (folder / ".dvc" / "config.local").write_text(text, encoding="utf-8")


def copy_figures(folder: Path) -> None:
    """Leave the run's metrics, and the lock that says what they came from, beside the work tree's own."""
    out = RESULTS / folder.name
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for path in [*sorted((folder / "metrics").glob("*.json")), folder / "dvc.lock"]:
        if path.is_file():
            shutil.copy2(path, out / path.name)


def _list_code() -> list[str]:
    """Every file that git knows or would, but for what runs make. Raises PipelineError outside a clone."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        raise PipelineError("recipe: this folder is no git clone, so it cannot be told what a run needs of it")
    names = [name for name in listed.stdout.split("\0") if name and Path(name).is_file()]
    return [name for name in names if Path(name).parts[0] not in LEFT_OUT]


def _repro(folder: Path) -> int:
    if "MAKELEVEL" in os.environ:
        die_with_parent()  # make waits for its recipes; a shell may be left before
    leave_on_sigterm()
    return call_fated(sys.executable, "-m", "pipelines", "repro", folder=folder)
