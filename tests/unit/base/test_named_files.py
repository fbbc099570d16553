import os
import platform
from pathlib import Path
from typing import Any

import pytest

from components.base.named_files import FileHashes, hash_named_files
from pipelines.code import fingerprint_stages
from tests.contracts.source import ROOT


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.jsonl").write_text("{}\n")
    (tmp_path / "data" / "b.jsonl").write_text("{}\n")
    return tmp_path


def hashes_of(root: Path, section: Any) -> dict[str, str]:
    return hash_named_files(section, root, FileHashes(root / "store.json"))


@pytest.mark.parametrize(
    "section",
    [
        {"path": "data/a.jsonl"},
        {"paths": ["data/b.jsonl", "data/a.jsonl"]},
        {"sources": [{"kind": "jsonl", "train_path": "data/a.jsonl"}]},
        {"path": "data"},
        {"path": "data/*.jsonl"},
    ],
)
def test_an_edited_file_changes_the_section_that_names_it(root: Path, section: Any) -> None:
    before = hashes_of(root, section)
    (root / "data" / "a.jsonl").write_text('{"text": "new"}\n')
    assert hashes_of(root, section) != before


def test_what_no_reader_takes_changes_nothing_and_what_lies_behind_a_link_does(root: Path) -> None:
    section = {"sources": [{"kind": "jsonl", "path": "data"}]}
    (root / "elsewhere").mkdir()
    (root / "elsewhere" / "c.jsonl").write_text("{}\n")
    (root / "data" / "linked").symlink_to(root / "elsewhere")
    before = hashes_of(root, section)
    for name in ("_SUCCESS", "README.md", ".hidden.jsonl", "notes.txt"):
        (root / "data" / name).write_text("about the data")
    assert hashes_of(root, section) == before
    (root / "elsewhere" / "c.jsonl").write_text("{} \n")
    assert hashes_of(root, section) != before


def test_an_edited_file_behind_a_link_makes_its_stage_stale_and_no_other(root: Path, tmp_path: Path) -> None:
    (root / "linked").mkdir()
    (root / "data" / "behind").symlink_to(root / "linked")
    (root / "linked" / "c.jsonl").write_text("{}\n")
    source = {"kind": "jsonl", "path": str(root / "data")}
    params = {"shared": {}, "corpus": {"kind": "mixture", "sources": [source]}, "tokens": {"kind": "byte_bpe"}}
    before = fingerprint_stages(ROOT, params, FileHashes(tmp_path / "store.json"))
    (root / "linked" / "c.jsonl").write_text('{"text": "new"}\n')
    after = fingerprint_stages(ROOT, params, FileHashes(tmp_path / "store.json"))
    assert {stage for stage in before if before[stage] != after[stage]} == {"corpus"}


def test_a_folder_without_a_row_format_counts_whole(root: Path) -> None:
    before = hashes_of(root, {"kind": "given", "path": "data"})
    (root / "data" / "README.md").write_text("a model card")
    assert hashes_of(root, {"kind": "given", "path": "data"}) != before


def test_a_local_dataset_folder_counts(root: Path) -> None:
    section = {"kind": "hub", "dataset": "data", "subset": None}
    before = hashes_of(root, section)
    assert before
    (root / "data" / "a.jsonl").write_text('{"text": "new"}\n')
    assert hashes_of(root, section) != before


def test_a_new_file_in_a_named_folder_counts(root: Path) -> None:
    before = hashes_of(root, {"path": "data"})
    (root / "data" / "c.jsonl").write_text("{}\n")
    assert hashes_of(root, {"path": "data"}) != before


def test_a_word_that_happens_to_be_a_folder_is_no_path(root: Path) -> None:
    assert hashes_of(root, {"kind": "data"}) == {}


def test_a_missing_file_is_left_to_the_stage(root: Path) -> None:
    assert hashes_of(root, {"path": "nowhere.jsonl"}) == {}


def test_the_rows_a_task_page_names_count(root: Path) -> None:
    (root / "task.yaml").write_text("rows:\n  path: data/a.jsonl\n")
    assert set(hashes_of(root, {"task_paths": ["task.yaml"]})) == {"task.yaml", "data/a.jsonl"}


def test_rows_that_lie_beside_their_page_count(root: Path) -> None:
    (root / "pages").mkdir()
    (root / "pages" / "mine.yaml").write_text("rows: {path: ./mine.jsonl, format: jsonl}\n")
    (root / "pages" / "mine.jsonl").write_text("{}\n")
    before = hashes_of(root, {"tasks": ["pages/mine.yaml"]})
    (root / "pages" / "mine.jsonl").write_text('{"answer": 4}\n')
    assert hashes_of(root, {"tasks": ["pages/mine.yaml"]}) != before


def test_the_rows_of_a_page_count_where_its_folder_of_data_is_and_nothing_else_there(root: Path) -> None:
    (root / "page.yaml").write_text("rows: [{path: a.jsonl, format: jsonl}]\n")
    section = {"tasks": {"mine": {"kind": "page", "path": "page.yaml", "data_folder": "data", "rows": None}}}
    assert set(hashes_of(root, section)) == {"page.yaml", "data/a.jsonl"}


def test_rows_beside_pages_of_two_folders_count_each(root: Path) -> None:
    for name in ("one", "two"):
        (root / name).mkdir()
        (root / name / "page.yaml").write_text("rows: {path: ./rows.jsonl, format: jsonl}\n")
        (root / name / "rows.jsonl").write_text("{}\n")
    section = {"tasks": {name: {"path": f"{name}/page.yaml"} for name in ("one", "two")}}
    before = hashes_of(root, section)
    (root / "one" / "rows.jsonl").write_text('{"answer": 4}\n')
    assert hashes_of(root, section) != before


def test_the_files_of_a_task_count_for_the_stages_that_use_tasks_and_for_no_other(root: Path, tmp_path: Path) -> None:
    (root / "page.yaml").write_text("rows: {path: ./data/a.jsonl, format: jsonl}\n")
    shared = {"tasks": {"mine": {"kind": "page", "path": str(root / "page.yaml"), "data_folder": "data"}}}
    params = {"shared": shared, "sft": {"kind": "full"}, "tokens": {"kind": "byte_bpe"}}
    before = fingerprint_stages(ROOT, params, FileHashes(tmp_path / "store.json"))
    (root / "data" / "a.jsonl").write_text('{"text": "new"}\n')
    after = fingerprint_stages(ROOT, params, FileHashes(tmp_path / "store.json"))
    assert {stage for stage in before if before[stage] != after[stage]} == {"sft"}


def test_the_interpreter_counts_where_its_library_is_data(root: Path) -> None:
    found = hashes_of(root, {"sources": [{"kind": "python_stdlib", "weight": 1.0}]})
    assert list(found.values()) == [platform.python_version()]


def test_a_file_is_read_again_only_when_it_changed(root: Path) -> None:
    path = root / "data" / "a.jsonl"
    hashes = FileHashes(root / "store.json")
    first = hashes.hash(path)
    hashes.save()
    facts = path.stat()
    with path.open("r+") as file:
        file.write("[]\n")
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
    assert FileHashes(root / "store.json").hash(path) == first, "same size, time and inode: taken from the store"
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns + 1))
    assert FileHashes(root / "store.json").hash(path) != first
