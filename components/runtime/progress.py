"""The driver's progress bar for training that happens in other processes: it watches what they leave on disk."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from components.base.curves import read_curves
from components.base.progress import progress_bar
from components.runtime.attempts import count_attempts

POLL_S = 0.5


@contextmanager
def show_progress(curves: Path, total_steps: int, what: str) -> Iterator[None]:
    """Show step, rate, ETA and the latest loss or reward while the block runs; tell when workers begin again."""
    stop = threading.Event()
    thread = threading.Thread(target=_watch, args=(curves, total_steps, what, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _watch(curves: Path, total_steps: int, what: str, stop: threading.Event) -> None:
    with progress_bar(total_steps, what) as bar:
        last, attempts = False, 1
        while not last:
            last = stop.wait(POLL_S)
            if (begun := count_attempts(curves.parent)) > attempts:
                attempts = begun
                bar.write(f"{what}: a worker was lost after step {bar.n}; its checkpoint is taken up", file=sys.stderr)
            rows = read_curves(curves)
            if not rows:
                continue
            step = int(float(rows[-1]["step"]))
            if step == bar.n:
                continue
            shown = {k: rows[-1][k][:6] for k in ("loss", "reward", "kl") if rows[-1].get(k)}
            bar.set_postfix(shown, refresh=False)
            bar.update(step - bar.n)
