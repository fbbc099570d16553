"""Pairs come back as they were written, and those that cannot be trusted are refused."""

from pathlib import Path

import pytest

from components.base.errors import ArtifactError
from components.base.files import write_json
from components.datasets.preferences import PAGE, Pair, PreferenceSet, read_preferences, write_preferences

FOUND = PreferenceSet(
    [Pair("Wie?", "So.", "", 2, [1, 2, 3], [1, 2]), Pair("a\nb", "c", "d", 1, [4, 5], [4, 6])],
    [Pair("Why?", "yes", "no", 1, [7, 8], [7, 9])],
    {"train_pairs": 2, "ignored_fields": {"margin": 3}},
)


def test_pairs_come_back_as_they_were_written(tmp_path: Path) -> None:
    write_preferences(FOUND, tmp_path, "abc")
    assert read_preferences(tmp_path, "abc") == FOUND


def test_pairs_of_another_tokenizer_are_refused(tmp_path: Path) -> None:
    write_preferences(FOUND, tmp_path, "abc")
    with pytest.raises(ArtifactError, match="another tokenizer's: run the stage preferences again"):
        read_preferences(tmp_path, "abd")


def test_a_file_that_was_changed_or_lost_is_refused_by_name(tmp_path: Path) -> None:
    write_preferences(FOUND, tmp_path, "abc")
    (tmp_path / "heldout.parquet").write_bytes((tmp_path / "train.parquet").read_bytes())
    with pytest.raises(ArtifactError, match=r"heldout\.parquet: the file is missing, or not the one"):
        read_preferences(tmp_path, "abc")
    (tmp_path / "train.parquet").unlink()
    with pytest.raises(ArtifactError, match=r"train\.parquet: the file is missing"):
        read_preferences(tmp_path, "abc")


@pytest.mark.parametrize("page", [None, [], {"counts": {}}])
def test_a_folder_that_describes_no_pairs_is_refused(tmp_path: Path, page: object) -> None:
    if page is not None:
        write_json(tmp_path / PAGE, page)
    with pytest.raises(ArtifactError, match=r"preferences\.json: the file is missing or is no description"):
        read_preferences(tmp_path, "abc")
