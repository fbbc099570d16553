"""The curves that a training stage leaves: one row per logged step.

What a clock says is kept apart, so that a rerun leaves the same curves to the byte.
"""

import csv
import io
import os
import statistics
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.base.files import write_text

CURVES, SPEED = "curves.csv", "speed.csv"
TIMED_COLUMNS = frozenset({"tokens_per_s", "seconds"})


class Curves:
    """A CSV file with one row per logged step; the header is the first row's keys.

    A resumed run drops the rows it is about to write again, so that each step stands once.
    """

    def __init__(self, path: Path, resume_step: int = 0) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = [row for row in read_curves(path) if float(row["step"]) <= resume_step]
        path.unlink(missing_ok=True)
        if kept:
            write_text(path, _to_csv(kept))

    def log(self, step: int, values: Mapping[str, float | int | None]) -> None:
        """Append one row and push it to disk, so that a watcher and a crash both find it."""
        row = {"step": step, **{name: "" if v is None else v for name, v in values.items()}}
        new = not self.path.exists()
        with self.path.open("a", encoding="utf-8", newline="") as file:
            file.write(_to_csv([row], header=new))
            file.flush()
            os.fsync(file.fileno())


def read_curves(path: Path) -> list[dict[str, str]]:
    """All complete rows of a curves file; an absent file has none."""
    if not path.exists():
        return []
    text = path.read_text(encoding="utf-8")
    complete = text[: text.rfind("\n") + 1]
    return list(csv.DictReader(io.StringIO(complete)))


def publish_curves(curves: Path, folder: Path) -> None:
    """Write a run's curves into a folder, its times into a file of their own beside them."""
    rows = read_curves(curves)
    timed = [name for name in rows[0] if name in TIMED_COLUMNS] if rows else []
    if rows:
        write_text(folder / CURVES, _to_csv([{n: v for n, v in row.items() if n not in timed} for row in rows]))
    if timed:
        write_text(folder / SPEED, _to_csv([{name: row[name] for name in ("step", *timed)} for row in rows]))


def read_median(curves: Path, column: str) -> float:
    """Median of a column, 0 without rows: of a rate, it leaves out what the first interval spends on warming up."""
    values = [float(row[column]) for row in read_curves(curves)]
    return statistics.median(values) if values else 0.0


def _to_csv(rows: list[dict[str, Any]], header: bool = True) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]), lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
