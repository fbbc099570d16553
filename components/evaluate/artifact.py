"""What the stage leaves beside its figures: every sample, the tables as CSV, and a plot for each task."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from components.base.files import encode_json_lines, write_text
from components.evaluate.samples import Sample
from components.evaluate.scores import make_tables
from components.metrics.deployment import Cell, Table
from components.plots.bars import draw_groups
from components.plots.intervals import Interval
from components.plots.style import save

COLUMNS = ("task", "model", "method", "exact_match", "low", "high", "n")


def write_artifact(samples: Sequence[Sample], confidence: float, out: Path) -> None:
    """Write samples.jsonl, accuracy.csv and the plots."""
    write_text(out / "samples.jsonl", encode_json_lines(asdict(sample) for sample in samples))
    tables = make_tables(samples, confidence)
    write_text(out / "accuracy.csv", _to_csv(tables))
    for place, (task, table) in enumerate(tables.items()):
        name = f"accuracy_{task}.svg" if place else "accuracy.svg"
        title = f"{task.replace('_', ' ').capitalize()}: exact match with {confidence:.0%} intervals"
        save(draw_groups({model: _read_intervals(row) for model, row in table.items()}, title), out / name)


def _read_intervals(row: Mapping[str, Cell]) -> dict[str, Interval]:
    names = {method: method.replace("_cot", " CoT").replace("_", "-") for method in row}
    return {
        names[method]: Interval(names[method], cell.exact_match, cell.low, cell.high) for method, cell in row.items()
    }


def _to_csv(tables: Mapping[str, Table]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for task, table in tables.items():
        for model, row in table.items():
            for method, cell in row.items():
                writer.writerow({"task": task, "model": model, "method": method, **cell.to_json()})
    return buffer.getvalue()
