"""The graph under other params, by `dvc exp`, in a folder of its own: the work tree stays as it is.

DVC keeps every run: one that is asked for again with the same code and params is taken from its cache, so what was
interrupted goes on where it was.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.base.errors import PipelineError
from components.metrics.figures import Json

REFUSAL = "error: "
"""How a stage begins the line that says why it failed."""


def run_experiment(name: str, settings: Mapping[str, Any], target: str) -> None:
    """Run what a stage needs with params replaced by path; an experiment of the same name gives way.

    Raises PipelineError with the reason in one line.
    """
    if name in _list_experiments():
        call("dvc", "exp", "remove", name)
    assignments = [word for path, value in settings.items() for word in ("-S", f"{path}={_say(value)}")]
    call("dvc", "exp", "run", "--temp", "--name", name, *assignments, target)


def read_experiment(name: str, stage: str) -> Json:
    """The metrics that a stage left in an experiment."""
    from dvc import api

    found: Json = json.loads(api.read(f"metrics/{stage}.json", rev=name))
    return found


def call(*command: str) -> None:
    """Run a program of this environment; raises PipelineError with a stage's refusal, or the end of what was said."""
    paths = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        [sys.executable, "-m", *command], env={**os.environ, "PATH": paths}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        refusals = [line.removeprefix(REFUSAL) for line in said if line.startswith(REFUSAL)]
        raise PipelineError(f"{' '.join(command[:3])} failed: {refusals[-1] if refusals else ' | '.join(said[-3:])}")


def _list_experiments() -> list[str]:
    listed = subprocess.run(
        [sys.executable, "-m", "dvc", "exp", "list", "--all-commits", "--name-only"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return listed.stdout.split()


def _say(value: Any) -> str:
    """A value in the override grammar that DVC takes from Hydra."""
    if isinstance(value, list):
        return "[" + ",".join(_say(item) for item in value) + "]"
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
