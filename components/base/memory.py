"""Peak memory of this process and all its descendants together, sampled by a thread."""

import threading
from types import TracebackType

import psutil

SAMPLE_S = 3.0  # walking every process's page tables is not free


def measure_tree_bytes() -> int:
    """Proportional set size of the whole process tree: shared pages count once, not per process."""
    root = psutil.Process()
    total = 0
    for process in [root, *root.children(recursive=True)]:
        try:
            info = process.memory_full_info()
        except (psutil.NoSuchProcess, psutil.AccessDenied, FileNotFoundError):
            continue
        total += getattr(info, "pss", info.uss)
    return total


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
