"""Records say where they stand, and files how much of them could be read."""

import gzip
from pathlib import Path

import pytest

from components.base.errors import DataError
from components.datasets.opening import Progress, open_data_file
from components.datasets.records import BadRow, DamagedFileError, Row, holds_surrogate, name_type, to_row


def test_a_record_that_is_no_object_is_named_for_what_it_is() -> None:
    assert to_row(Path("a"), 3, {"text": "x"}, 9) == Row({"text": "x"}, Path("a"), 3)
    bad = to_row(Path("a"), 3, ["x"], 9)
    assert isinstance(bad, BadRow)
    assert str(bad) == "a:3: the row is a list, not an object with fields"


@pytest.mark.parametrize(("value", "name"), [(None, "null"), (True, "a boolean"), (1.5, "a number"), ({}, "an object")])
def test_values_are_named_in_words(value: object, name: str) -> None:
    assert name_type(value) == name


def test_a_lone_surrogate_is_found_however_deep() -> None:
    assert holds_surrogate({"a": [{"b": "\ud800"}]})
    assert not holds_surrogate({"a": "\U0001f600"})


def test_bytes_are_counted_as_they_are_read(tmp_path: Path) -> None:
    path, progress = tmp_path / "a.jsonl.gz", Progress()
    path.write_bytes(gzip.compress(b"x" * 1000))
    with open_data_file(path, progress) as stream:
        assert stream.read() == b"x" * 1000
    assert progress.bytes == 1000


def test_a_file_that_ends_before_its_time_says_how_much_could_be_read(tmp_path: Path) -> None:
    path, progress = tmp_path / "a.jsonl.gz", Progress()
    path.write_bytes(gzip.compress(bytes(range(256)) * 4000)[:-200])
    said = r"a.jsonl.gz: not a sound gzip file .*; 0 rows \([\d,]+ bytes\) could be read before that"
    with pytest.raises(DamagedFileError, match=said), open_data_file(path, progress) as stream:
        stream.read()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.zip", b"PK", "archives are not read"),
        ("a.jsonl", b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
    ],
)
def test_what_is_no_data_is_refused(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=said), open_data_file(tmp_path / name, Progress()) as stream:
        stream.read()
