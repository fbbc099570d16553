"""Against two runs of one stage at once, and against a stage that outlives the command that started it."""

import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from components.base.errors import PipelineError

PR_SET_PDEATHSIG = 1
PATIENCE_S = 60.0
ECHO_S = 10.0


def die_with_parent(parent: int | None = None) -> None:
    """Ask the kernel to interrupt this process when its parent dies (DVC leaves its child running on SIGTERM).

    Raises KeyboardInterrupt when a parent is named and is gone already. Linux only; elsewhere it does nothing.
    """
    leave_on_sigterm()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if parent not in (None, os.getppid()):
            raise KeyboardInterrupt


def leave_on_sigterm() -> None:
    """Let SIGTERM end this process as Ctrl-C does."""
    signal.signal(signal.SIGTERM, _terminate)


class _Termination:
    """Whether SIGTERM has come: Ray's native code makes any interrupt a plain KeyboardInterrupt."""

    asked = False
    asked_at_s = float("-inf")


def was_terminated() -> bool:
    """Whether the KeyboardInterrupt under way began as a SIGTERM."""
    return _Termination.asked


def _terminate(number: int, frame: object) -> None:
    """SIGTERM leaves as Ctrl-C does, so that Ray and locks are released on the way out.

    Once in a while: of a parent's death the kernel tells again as each of its threads ends.
    """
    _Termination.asked = True
    if time.monotonic() - _Termination.asked_at_s >= ECHO_S:
        _Termination.asked_at_s = time.monotonic()
        raise KeyboardInterrupt


def call_fated(*command: str, folder: Path | None = None) -> int:
    """Run a program, in a folder, that ends when this process does, even by SIGKILL; returns its exit code.

    When this process is interrupted, the program and all that it started are waited for: Ctrl-C in a terminal reaches
    them as well, and SIGTERM is handed on.
    """
    process = subprocess.Popen([sys.executable, "-m", __name__, str(os.getpid()), *command], cwd=folder)
    try:
        return process.wait()
    except KeyboardInterrupt:
        _wait_for_family(process)
        raise


def _wait_for_family(process: "subprocess.Popen[bytes]") -> None:
    import psutil

    with suppress(psutil.NoSuchProcess):
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        if was_terminated():
            process.terminate()  # a stage below hears of it by the death of its parent
        _, deaf = psutil.wait_procs(family, timeout=PATIENCE_S)
        for one in deaf:
            with suppress(psutil.NoSuchProcess):
                one.terminate()


@contextmanager
def keep_signal_handlers() -> Iterator[None]:
    """What Ray installs during the block is taken back: its own answer to SIGTERM is a C++ stack and an abort."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


@contextmanager
def hold_lock(path: Path, what: str) -> Iterator[None]:
    """Hold an exclusive lock file for the block; raises PipelineError that names the holder's pid."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise PipelineError(f"{what} is already running (pid {holder}): wait for it or stop it") from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


if __name__ == "__main__":
    die_with_parent(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])
