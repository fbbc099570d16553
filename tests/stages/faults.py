"""Faults planted in running training: each really happens, and says what it hit."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from components.base.curves import SPEED, read_curves
from components.runtime.checkpoint_files import find_complete, read_step
from components.runtime.runs import find_run_folder, find_run_key

LIMIT_S = 120.0


@dataclass
class Kill:
    """Which processes it hit, after which complete checkpoint, and the curve up to there as it then stood."""

    pids: list[int] = field(default_factory=list)
    checkpoint_step: int = 0
    curve: list[dict[str, str]] = field(default_factory=list)

    def assert_only_later_steps_were_trained_again(self, curves: Path, total_steps: int) -> None:
        """Rows hold measured speeds, so equal rows were written once."""
        assert self.pids, "no worker was killed"
        assert not any(psutil.pid_exists(pid) for pid in self.pids)
        speeds = read_curves(curves.with_name(SPEED))
        rows = [{**row, **speed} for row, speed in zip(read_curves(curves), speeds, strict=True)]
        assert [int(row["step"]) for row in rows] == list(range(1, total_steps + 1))
        assert 0 < self.checkpoint_step < total_steps
        assert rows[: self.checkpoint_step] == self.curve


@contextmanager
def kill_workers_after_a_checkpoint(stage: str, out: Path, name: str = "RayTrainWorker") -> Iterator[Kill]:
    """End every training worker, as a lost machine would, once the run has a complete checkpoint.

    Or every process of another name.
    """
    kill, stop = Kill(), threading.Event()
    run_folder = find_run_folder(find_run_key(stage, out))
    thread = threading.Thread(target=_kill, args=(run_folder, name, kill, stop), daemon=True)
    thread.start()
    try:
        yield kill
    finally:
        stop.set()
        thread.join()


def _kill(run_folder: Path, name: str, kill: Kill, stop: threading.Event) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not (complete := find_complete(run_folder)):
        if stop.wait(0.02) or time.monotonic() > deadline:
            return
    kill.checkpoint_step = read_step(complete[0])
    kill.curve = read_curves(run_folder / "curves.csv")[: kill.checkpoint_step]
    for process in psutil.Process().children(recursive=True):
        if any(name in part for part in process.cmdline()):
            process.kill()
            kill.pids.append(process.pid)
