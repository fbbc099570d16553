"""Folders for training state outside DVC's outputs, keyed by everything the run depends on.

An interrupted `dvc repro` finds the very run it left; a run with other params, code or inputs never sees it.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from components.base.hashing import hash_data
from components.runtime.cluster import read_cluster

_RUN_KEY: ContextVar[str | None] = ContextVar("run_key", default=None)
KEYED_BY = ("stage", "params", "shared", "inputs", "code")


@contextmanager
def key_run(stage: str, facts: dict[str, Any]) -> Iterator[str]:
    """Derive the key of this stage's run; what the stage trains during the block is kept under it."""
    key = f"{stage}-{hash_data({name: facts[name] for name in KEYED_BY})[:16]}"
    token = _RUN_KEY.set(key)
    try:
        yield key
    finally:
        _RUN_KEY.reset(token)


def find_run_key(stage: str, out: Path) -> str:
    """The key set by the runner; for a stage called as a plain function, one of its own output folder."""
    return _RUN_KEY.get() or f"{stage}-{hash_data(str(out.resolve()))[:16]}"


def find_run_folder(key: str) -> Path:
    """Where the checkpoints of that run lie."""
    return Path(read_cluster().train.storage).resolve() / key


def drop_run(key: str) -> None:
    """Forget a finished run's training state."""
    shutil.rmtree(find_run_folder(key), ignore_errors=True)
