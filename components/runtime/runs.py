"""Folders for training state outside DVC's outputs, keyed by everything the run depends on.

An interrupted `dvc repro` finds the very run it left; a run with other params, code or inputs never sees it.
"""

import os
import shutil
from pathlib import Path
from typing import Any

from components.base.hashing import hash_data
from components.runtime.where import read_where

RUN_KEY_VARIABLE = "ONTOGENY_RUN_KEY"
KEYED_BY = ("stage", "params", "shared", "inputs", "code")


def set_run_key(stage: str, facts: dict[str, Any]) -> str:
    """Derive the key of this stage's run and keep it in the environment for the stage to find."""
    key = f"{stage}-{hash_data({name: facts[name] for name in KEYED_BY})[:16]}"
    os.environ[RUN_KEY_VARIABLE] = key
    return key


def find_run_key(stage: str, out: Path) -> str:
    """The key set by the runner; for a stage called as a plain function, one of its own output folder."""
    return os.environ.get(RUN_KEY_VARIABLE) or f"{stage}-{hash_data(str(out.resolve()))[:16]}"


def find_run_folder(key: str) -> Path:
    """Where the checkpoints of that run lie."""
    return Path(read_where().train.storage).resolve() / key


def drop_run(key: str) -> None:
    """Forget a finished run's training state."""
    shutil.rmtree(find_run_folder(key), ignore_errors=True)
