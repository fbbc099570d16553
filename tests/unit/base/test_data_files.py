"""Folders as tools leave them."""

import os
from pathlib import Path
from typing import Any

import pytest

from components.base.data_files import find_suffix, list_data_files


def make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def listed(path: Path, format: Any, root: Path) -> tuple[list[str], dict[str, str]]:
    listing = list_data_files(path, format)
    files = [file.relative_to(root).as_posix() for file in listing.files]
    return files, {item.path.relative_to(root).as_posix(): item.reason for item in listing.skipped}


def test_data_files_are_known_by_their_suffix_and_everything_else_is_named(tmp_path: Path) -> None:
    make(tmp_path, "_SUCCESS", "README.md", "part-0.jsonl", "sub/part-1.JSONL.GZ", "sub/part-2.ndjson.zst", "notes.txt")
    make(tmp_path, ".part-0.jsonl.crc", "_temporary/0/part-9.jsonl", ".cache/a.jsonl", "License", "x.jsonl.part")
    files, skipped = listed(tmp_path, "jsonl", tmp_path)
    assert files == ["part-0.jsonl", "sub/part-1.JSONL.GZ", "sub/part-2.ndjson.zst"]
    assert set(skipped) == {
        *("_SUCCESS", "README.md", "notes.txt", ".part-0.jsonl.crc", "_temporary", ".cache", "License", "x.jsonl.part")
    }
    assert skipped["_SUCCESS"] == "its name begins with an underscore"
    assert skipped[".cache"] == "hidden"
    assert ".jsonl" in skipped["notes.txt"]


@pytest.mark.parametrize(
    ("format", "names", "read"),
    [
        (
            "parquet",
            ["_metadata", "_common_metadata", "a.parquet", "b.PARQUET", "README.md"],
            ["a.parquet", "b.PARQUET"],
        ),
        ("jsonl", ["c4-train.00000.json.gz", "dataset_info.txt"], ["c4-train.00000.json.gz"]),
        ("jsonl", ["part-00000", "part-00001", "_SUCCESS"], ["part-00000", "part-00001"]),
        ("text", ["a.txt", "b.TXT.xz", "README.txt", "notes.md"], ["a.txt", "b.TXT.xz"]),
        ("text", ["README.md", "chapter.md"], ["chapter.md"]),
        ("csv", ["a.csv.bz2", "a.csv.bz2.md5"], ["a.csv.bz2"]),
        ("tsv", ["a.tsv", "b.csv"], ["a.tsv"]),
        ("json", ["a.json", "b.jsonl"], ["a.json"]),
    ],
)
def test_each_format_has_its_own_suffixes(tmp_path: Path, format: Any, names: list[str], read: list[str]) -> None:
    make(tmp_path, *names)
    files, skipped = listed(tmp_path, format, tmp_path)
    assert files == read
    assert set(skipped) == set(names) - set(read)


def test_links_to_folders_are_followed_once_and_circles_end(tmp_path: Path) -> None:
    root = tmp_path / "data"
    make(tmp_path, "data/a.jsonl", "data/own/b.jsonl", "elsewhere/c.jsonl", "elsewhere/deep/d.jsonl")
    (root / "linked").symlink_to(tmp_path / "elsewhere")
    (root / "again").symlink_to(tmp_path / "elsewhere")
    (root / "own" / "circle").symlink_to(root)
    (root / "e.jsonl").symlink_to(root / "a.jsonl")
    files, skipped = listed(root, "jsonl", root)
    assert files == ["a.jsonl", "again/c.jsonl", "again/deep/d.jsonl", "own/b.jsonl"]
    assert set(skipped) == {"linked", "own/circle", "e.jsonl"}
    assert all("the same as" in reason for reason in skipped.values())


def test_a_folder_of_links_to_blobs_is_read_by_the_links_names(tmp_path: Path) -> None:
    make(tmp_path, "blobs/8a1f", "blobs/9b2e")
    (tmp_path / "snapshots").mkdir()
    (tmp_path / "snapshots" / "a.parquet").symlink_to("../blobs/8a1f")
    files, _ = listed(tmp_path, "parquet", tmp_path)
    assert files == ["snapshots/a.parquet"]


@pytest.mark.parametrize(
    ("pattern", "read"),
    [
        ("*.jsonl", ["a.jsonl"]),
        ("*", ["a.jsonl", "sub/b.jsonl", "sub/deep/c.jsonl"]),
        ("**/*.jsonl", ["a.jsonl", "sub/b.jsonl", "sub/deep/c.jsonl"]),
        ("s?b/*", ["sub/b.jsonl", "sub/circle/a.jsonl", "sub/deep/c.jsonl"]),
        ("[s]ub/*.jsonl", ["sub/b.jsonl"]),
        ("**", ["a.jsonl", "sub/b.jsonl", "sub/deep/c.jsonl"]),
        ("_*", ["_own.jsonl"]),
        ("*.dat", ["x.dat"]),
        ("none*", []),
    ],
)
def test_globs(tmp_path: Path, pattern: str, read: list[str]) -> None:
    make(tmp_path, "a.jsonl", "sub/b.jsonl", "sub/deep/c.jsonl", "_own.jsonl", ".hidden.jsonl", "README.md", "x.dat")
    (tmp_path / "sub" / "circle").symlink_to(tmp_path)
    (tmp_path / "sub" / "round").symlink_to(tmp_path / "sub")
    assert listed(tmp_path / pattern, "jsonl", tmp_path)[0] == read


def test_a_file_is_taken_as_it_is_named(tmp_path: Path) -> None:
    make(tmp_path, "_odd.name")
    assert listed(tmp_path / "_odd.name", "jsonl", tmp_path) == (["_odd.name"], {})


def test_without_a_format_everything_counts(tmp_path: Path) -> None:
    make(tmp_path, "config.json", "README.md", ".hidden", "_x")
    assert len(listed(tmp_path, None, tmp_path)[0]) == 4


def test_the_suffix_is_that_of_what_is_packed() -> None:
    names = {"a.JSONL.GZ": ".jsonl", "b.v1.2.txt": ".txt", "part-0": "", "c.gz": ""}
    assert {name: find_suffix(Path(name)) for name in names} == names


def test_an_order_of_the_file_system_changes_nothing(tmp_path: Path) -> None:
    make(tmp_path, *(f"{name}.jsonl" for name in "hgfedcba"))
    (tmp_path / "0.jsonl").symlink_to(tmp_path / "h.jsonl")
    files, skipped = listed(tmp_path, "jsonl", tmp_path)
    assert files == [f"{name}.jsonl" for name in "abcdefgh"]
    assert set(skipped) == {"0.jsonl"}


def test_a_named_pipe_is_skipped_since_nobody_may_ever_write_into_it(tmp_path: Path) -> None:
    make(tmp_path, "a.jsonl")
    os.mkfifo(tmp_path / "b.jsonl")
    assert listed(tmp_path, "jsonl", tmp_path) == (["a.jsonl"], {"b.jsonl": "not a plain file"})
    assert listed(tmp_path / "*.jsonl", "jsonl", tmp_path)[0] == ["a.jsonl"]


def test_a_glob_that_goes_through_folders_leaves_unfinished_output_alone(tmp_path: Path) -> None:
    make(tmp_path, "a/b.jsonl", "_temporary/0/c.jsonl")
    files, skipped = listed(tmp_path / "**/*.jsonl", "jsonl", tmp_path)
    assert files == ["a/b.jsonl"]
    assert list(skipped) == ["_temporary/0/c.jsonl"]
    assert listed(tmp_path / "_temp*/*/*.jsonl", "jsonl", tmp_path)[0] == ["_temporary/0/c.jsonl"]
