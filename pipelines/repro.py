"""`dvc repro`, with one private Ray for all of its stages."""

import os
import sys
from pathlib import Path

from components.runtime.head import lend_head, summon_head
from components.runtime.process_guard import call_fated, die_with_parent, leave_on_sigterm

FIRST = Path("artifacts/corpus")
"""What the first stage makes that needs a Ray."""


def repro(stage: str, *options: str) -> int:
    """Run `dvc repro` up to a stage; returns its exit code. What DVC starts ends with this process."""
    if "MAKELEVEL" in os.environ:
        die_with_parent()  # make waits for its recipes; a shell may be left before
    leave_on_sigterm()
    put_environment_first()
    with lend_head():
        if not FIRST.is_dir():
            summon_head()  # nothing is made yet, so it will be needed: it comes up while DVC does
        return call_fated(sys.executable, "-m", "dvc", "repro", *options, stage)


def put_environment_first() -> None:
    """Let the `python` of a stage's command be this one."""
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
