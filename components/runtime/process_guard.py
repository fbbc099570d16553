"""Against two runs of one stage at once, and against a stage that outlives the command that started it."""

import ctypes
import fcntl
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.base.errors import PipelineError

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask the kernel to interrupt this process when its parent dies (DVC leaves its child running on SIGTERM).

    Linux only; elsewhere it does nothing.
    """
    signal.signal(signal.SIGTERM, _terminate)
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class _Termination:
    """Whether SIGTERM has come: Ray's native code makes any interrupt a plain KeyboardInterrupt."""

    asked = False


def was_terminated() -> bool:
    """Whether the KeyboardInterrupt under way began as a SIGTERM."""
    return _Termination.asked


def _terminate(number: int, frame: object) -> None:
    """SIGTERM leaves as Ctrl-C does, so that Ray and locks are released on the way out."""
    _Termination.asked = True
    raise KeyboardInterrupt


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
