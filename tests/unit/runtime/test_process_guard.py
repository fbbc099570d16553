"""Two runs of one stage never meet, signals end a run in order, and Ray's handlers do not outlive it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from components.base.errors import PipelineError
from components.runtime.process_guard import hold_lock, keep_signal_handlers
from tests.trees import ROOT

PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {child!r}])
print(child.pid, flush=True)
sys.stdin.read()
"""
CHILD = """
import time
from components.runtime.process_guard import die_with_parent, was_terminated
die_with_parent()
open({ready!r}, "w").close()
try:
    time.sleep(60)
except KeyboardInterrupt:
    open({told!r}, "w").write(str(was_terminated()))
"""


def test_a_second_holder_is_refused_with_the_pid_of_the_first(tmp_path: Path) -> None:
    with hold_lock(tmp_path / "lock", "stage sft"):
        refused = pytest.raises(PipelineError, match=rf"stage sft is already running \(pid {os.getpid()}\)")
        with refused, hold_lock(tmp_path / "lock", "stage sft"):
            pass
    with hold_lock(tmp_path / "lock", "stage sft"):
        pass


def test_handlers_that_a_library_installs_are_taken_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with keep_signal_handlers():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells a child of its parent's death on Linux only")
def test_a_child_is_interrupted_when_its_parent_is_killed(tmp_path: Path) -> None:
    ready, told = tmp_path / "ready", tmp_path / "told"
    child = CHILD.format(ready=str(ready), told=str(told))
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT.format(child=child)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    wait_for(ready)
    parent.kill()
    parent.communicate()
    wait_for(told)
    assert told.read_text() == "True"


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 30
    while not (path.exists() and (path.stat().st_size or path.name == "ready")):
        assert time.monotonic() < deadline, path
        time.sleep(0.02)
