"""What evaluation leaves beside its figures."""

import csv
import json
from pathlib import Path

from components.evaluate.artifact import write_artifact
from components.evaluate.samples import Sample


def make_sample(task: str, index: int) -> Sample:
    return Sample("sft", "few_shot", task, str(index), 2, "?", ("1",), ("1",), "1", "1", index == 0)


def test_samples_a_table_and_a_plot_per_task_are_written(tmp_path: Path) -> None:
    samples = [make_sample(task, index) for task in ("first", "second") for index in range(2)]
    write_artifact(samples, 0.95, tmp_path)
    lines = (tmp_path / "samples.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["task"] for line in lines] == ["first", "first", "second", "second"]
    with (tmp_path / "accuracy.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["task"], row["exact_match"], row["n"]) for row in rows] == [
        ("first", "0.5", "2"),
        ("second", "0.5", "2"),
    ]
    assert {path.name for path in tmp_path.glob("*.svg")} == {"accuracy.svg", "accuracy_second.svg"}
