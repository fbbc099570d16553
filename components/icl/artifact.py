"""What the stage leaves beside its figures: every sample, and the cells as CSV."""

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from components.base.files import encode_json_lines, write_text
from components.icl.config import GridConfig
from components.icl.samples import GridRun, Sample
from components.icl.scores import make_cells
from components.metrics.prompting import GridCell

COLUMNS = (
    "model", "task", "selection", "order", "format", "method", "tool", "shots", "draw",
    "exact_match", "low", "high", "n", "difference", "p_value", "prompt_tokens", "computed_tokens", "generated_tokens",
)  # fmt: skip
"""An artifact holds no time."""


def write_artifact(run: GridRun, cfg: GridConfig, out: Path) -> None:
    """Write samples.jsonl and cells.csv."""
    write_text(out / "samples.jsonl", encode_json_lines(_flatten(sample) for sample in run.samples))
    write_text(out / "cells.csv", _to_csv(make_cells(run, cfg)))


def _flatten(sample: Sample) -> dict[str, Any]:
    """With the cell's parts beside the others."""
    row = asdict(sample)
    return {**row.pop("cell"), **row}


def _to_csv(cells: Sequence[GridCell]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(cell.model_dump() for cell in cells)
    return buffer.getvalue()
