"""A copy of the project in a folder of its own, for tests that edit it or run it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from components.base.yaml import read_yaml

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("components", "pipelines", "infra/clusters", "params.yaml", "dvc.yaml", ".dvcignore", ".dvc/config")


def copy_tree(target: Path, *, overrides: Path | None = None) -> Path:
    """Copy what a run needs, its params overlaid by a file of overrides; DVC works there without git."""
    ignore = shutil.ignore_patterns("__pycache__", ".*")
    for name in COPIED:
        source, copy = ROOT / name, target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=ignore)
        else:
            shutil.copy(source, copy)
    (target / ".dvc" / "config.local").write_text("[core]\n    no_scm = true\n", encoding="utf-8")
    if overrides is not None:
        params = overlay(read_yaml(ROOT / "params.yaml"), read_yaml(overrides))
        YAML(typ="safe").dump(params, target / "params.yaml")
    return target


def overlay(base: Any, over: Any) -> Any:
    """Mappings merge key by key; anything else, lists included, is replaced; so is a section of another kind."""
    if not (isinstance(base, dict) and isinstance(over, dict)) or base.get("kind") != over.get(
        "kind", base.get("kind")
    ):
        return over
    return {**base, **{key: overlay(base.get(key), value) for key, value in over.items()}}


def run_in(tree: Path, *command: str, timeout_s: float = 60.0, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m ...` in the tree, with this interpreter first on PATH as `make` does."""
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=tree, env=environment() | variables, capture_output=True, text=True, timeout=timeout_s, check=False,
    )  # fmt: skip


def environment() -> dict[str, str]:
    """This environment, without what would lead the run out of its tree."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "RAY_ADDRESS")}
    return {**kept, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
