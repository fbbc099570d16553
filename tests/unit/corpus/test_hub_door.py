"""Datasets of the hub's library as rows, each broken one with its number."""

from pathlib import Path

import pytest

from components.base.errors import DataError
from components.corpus.config import HubSource
from components.corpus.hub_door import read_hub
from components.datasets.records import BadRow, Row


def make_source(dataset: Path, field: str = "text", split: str = "train") -> HubSource:
    return HubSource(
        kind="hub", name="h", weight=1.0, near_duplicate_threshold=None, dataset=str(dataset), subset=None, split=split,
        revision=None, field=field, quality="off", sample=1.0,
    )  # fmt: skip


def test_a_row_whose_field_is_no_text_is_broken_and_counted_from_one(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text('{"text": "first", "stars": 1}\n{"text": "second", "stars": 2}\n')
    assert [row.fields["text"] for row in read_hub(make_source(tmp_path)) if isinstance(row, Row)] == [
        "first",
        "second",
    ]
    broken = list(read_hub(make_source(tmp_path, field="stars")))
    assert [row.line for row in broken if isinstance(row, BadRow)] == [1, 2]


@pytest.mark.parametrize("split", ["train", "nothing"])
def test_what_cannot_be_loaded_is_named_in_one_line(tmp_path: Path, split: str) -> None:
    folder = tmp_path if split == "nothing" else tmp_path / "absent"
    (tmp_path / "train.jsonl").write_text('{"text": "first"}\n')
    with pytest.raises(DataError, match="the dataset cannot be loaded") as refused:
        list(read_hub(make_source(folder, split=split)))
    assert "\n" not in str(refused.value)
