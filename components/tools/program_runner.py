"""A program in a process of its own: nothing of ours is in it, and nothing of it outlasts its time."""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path

from components.tools import program_process

PROCESS_FILE = Path(program_process.__file__)
WALL_S = 5.0
"""Of a program, the start of its process included; a program's own time is bounded by the process itself."""
MOST_BYTES = 256
"""Of an answer; a program that says more has none."""


def run_apart(program: str, wall_s: float = WALL_S) -> str | None:
    """The answer of a program that is run as it is; None where it fails, says too much, or takes too long.

    The process has no environment, no site packages, no terminal, and a session of its own, which is killed whole as
    soon as there is an answer or none: whatever it started goes with it.
    """
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-B", str(PROCESS_FILE)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
        start_new_session=True,
    )
    assert process.stdin and process.stdout
    with process.stdin, process.stdout:
        try:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(program.encode("utf-8", "replace"))
                process.stdin.close()
            said = _read(process.stdout.fileno(), time.monotonic() + wall_s)
        finally:
            # Before it is waited for: until then its number is nobody else's.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    return said


def _read(file: int, deadline: float) -> str | None:
    """All that comes before the end, which must come in time; None where it does not, or for too much or nothing."""
    found = b""
    with selectors.DefaultSelector() as selector:
        selector.register(file, selectors.EVENT_READ)
        while len(found) <= MOST_BYTES and selector.select(max(0.0, deadline - time.monotonic())):
            part = os.read(file, MOST_BYTES + 1)
            if not part:
                return found.decode("ascii", "replace") or None
            found += part
    return None
