"""Checking params is quick because it imports nothing heavy."""

import subprocess
import sys

from tests.contracts.source import ROOT

HEAVY = ("torch", "ray", "transformers", "trl", "peft", "datasets", "accelerate", "pyarrow", "pandas")
PROBE = f"""
import sys
import pipelines.__main__, pipelines.params
pipelines.params.read_params()
print(*sorted(set(sys.modules) & set({HEAVY!r})))
"""


def test_reading_params_imports_no_heavy_library() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
