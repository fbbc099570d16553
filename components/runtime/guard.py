"""Against two runs of one stage at once, and against a stage that outlives the command that started it."""

import ctypes
import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.base.errors import PipelineError

PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask the kernel to interrupt this process when its parent dies (DVC leaves its child running on SIGTERM).

    Linux only; elsewhere it does nothing.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that Ray and locks are released on the way out
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


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
