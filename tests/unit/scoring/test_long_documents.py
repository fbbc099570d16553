"""Beginnings of long documents, among short ones."""

from pathlib import Path

from components.scoring.long_documents import read_beginnings
from components.shards.writer import ShardWriter

END = 1
ABOUT = {"vocab_size": 400, "eos_id": END, "tokenizer_sha256": "0" * 64, "shard_tokens": 10_000}


def write_documents(folder: Path, documents: list[list[int]]) -> Path:
    with ShardWriter(folder / "validation", **ABOUT) as writer:  # type: ignore[arg-type]
        for ids in documents:
            writer.add(ids, len(ids))
    return folder


def test_only_long_documents_are_read_and_from_their_beginnings(tmp_path: Path) -> None:
    documents = [[100 + n, *([7] * (11 if n % 4 == 0 else 3))] for n in range(40)]
    tokens = write_documents(tmp_path, documents)
    found = read_beginnings(tokens, END, 8, 20)
    assert len(found) >= 5
    assert {int(row[0] - 100) % 4 for row in found} == {0}
    assert all(row[1:].tolist() == [7] * 7 for row in found)
    assert len({int(row[0]) for row in found}) == len(found)
    assert len(read_beginnings(tokens, END, 8, 2)) == 2
    assert found[0][0] == 100  # that of the split begins with it


def test_where_no_document_is_long_none_is_read(tmp_path: Path) -> None:
    tokens = write_documents(tmp_path, [[5, 6, 7]] * 30)
    assert read_beginnings(tokens, END, 8, 4).shape == (0, 8)
