"""Peak memory of this process and all its descendants together, and of workers elsewhere, sampled by a thread."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

import psutil

SAMPLE_S = 3.0  # walking every process's page tables is not free


_elsewhere: list[Callable[[], int]] = []


def measure_tree_bytes() -> int:
    """Proportional set size of the whole process tree, and of whatever is counted elsewhere."""
    return measure_family_bytes(os.getpid()) + sum(measure() for measure in list(_elsewhere))


def measure_family_bytes(pid: int) -> int:
    """Proportional set size of a process and all its descendants. Zero for a process that is gone."""
    try:
        root = psutil.Process(pid)
        family = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(map(measure_process_bytes, family))


def measure_process_bytes(process: psutil.Process) -> int:
    """Proportional set size: shared pages count once, not per process. Zero for a process that is gone."""
    try:
        info = process.memory_full_info()
    except (psutil.NoSuchProcess, psutil.AccessDenied, FileNotFoundError):
        return 0
    return int(getattr(info, "pss", info.uss))


@contextmanager
def count_elsewhere(measure: Callable[[], int]) -> Iterator[None]:
    """Add what `measure` says, in bytes, to every sample that is taken while the block runs."""
    _elsewhere.append(measure)
    try:
        yield
    finally:
        _elsewhere.remove(measure)


class PeakMemory:
    """Context manager; `gb` holds the largest sample (10^9 bytes)."""

    def __init__(self) -> None:
        self.gb = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "PeakMemory":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            self.gb = max(self.gb, measure_tree_bytes() / 1e9)
            if self._stop.wait(SAMPLE_S):
                return
