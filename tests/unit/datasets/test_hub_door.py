"""Data sets of the hub's library as rows."""

from pathlib import Path

import pytest

from components.base.errors import DataError
from components.datasets.hub_door import read_hub


def test_rows_are_counted_from_one(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text('{"text": "first", "stars": 1}\n{"text": "second", "stars": 2}\n')
    rows = list(read_hub(str(tmp_path), None, "train", None))
    assert [(row.line, row.fields["text"]) for row in rows] == [(1, "first"), (2, "second")]


@pytest.mark.parametrize("split", ["train", "nothing"])
def test_what_cannot_be_loaded_is_named_in_one_line(tmp_path: Path, split: str) -> None:
    folder = tmp_path if split == "nothing" else tmp_path / "absent"
    (tmp_path / "train.jsonl").write_text('{"text": "first"}\n')
    with pytest.raises(DataError, match="the dataset cannot be loaded") as refused:
        list(read_hub(str(folder), None, split, None))
    assert "\n" not in str(refused.value)
