"""Hashes depend on content alone."""

from pathlib import Path

from components.base.hashing import BLOCK_BYTES, hash_data, hash_file, hash_folder


def test_a_file_longer_than_a_block_is_hashed_whole(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"x" * (BLOCK_BYTES + 1))
    (tmp_path / "b").write_bytes(b"x" * BLOCK_BYTES + b"y")
    assert hash_file(tmp_path / "a") != hash_file(tmp_path / "b")


def test_the_known_hash_of_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert hash_file(tmp_path / "empty") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_the_order_of_keys_does_not_matter_and_that_of_a_list_does() -> None:
    assert hash_data({"a": 1, "b": [1, 2]}) == hash_data({"b": [1, 2], "a": 1})
    assert hash_data([1, 2]) != hash_data([2, 1])


def test_a_folder_is_its_names_and_contents_wherever_it_lies(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "sub").mkdir(parents=True)
        (tmp_path / name / "sub" / "file").write_text("text")
        (tmp_path / name / "manifest.json").write_text(name)
    assert hash_folder(tmp_path / "one") == hash_folder(tmp_path / "two")
    (tmp_path / "two" / "sub" / "file").rename(tmp_path / "two" / "file")
    assert hash_folder(tmp_path / "one") != hash_folder(tmp_path / "two")
