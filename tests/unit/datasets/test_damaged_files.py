"""An error that ends a file fails that file: what is lost after it is more than one row."""

import bz2
import gzip
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.base.errors import DataError
from components.datasets.rows import BadRow, DamagedFileError, Row, read_good_rows, read_rows

ROWS = [{"text": f"row {i} " + "of many words " * 5} for i in range(4000)]


def pack_zstandard(data: bytes) -> bytes:
    packed: bytes = pa.Codec("zstd").compress(data).to_pybytes()
    return packed


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": pack_zstandard,
}
CONTENT = {
    "jsonl": "".join(json.dumps(row) + "\n" for row in ROWS),
    "json": json.dumps(ROWS),
    "csv": "text\n" + "".join(row["text"] + "\n" for row in ROWS),
    "tsv": "text\n" + "".join(row["text"] + "\n" for row in ROWS),
    "text": "\n".join(row["text"] for row in ROWS),
}


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def count_until_damage(path: Path, format: Any, **options: Any) -> tuple[int, str]:
    """How many rows came before the error, and the error."""
    rows = 0
    with pytest.raises(DamagedFileError) as caught:
        for row in read_rows(path, format, **options):
            assert isinstance(row, Row)
            rows += 1
    return rows, str(caught.value)


@pytest.mark.parametrize("format", CONTENT)
@pytest.mark.parametrize("packing", PACKERS)
def test_packed_files_are_read_by_their_suffix_in_any_case(tmp_path: Path, format: Any, packing: str) -> None:
    packed = PACKERS[packing](CONTENT[format].encode())
    expected = [{"text": CONTENT["text"]}] if format == "text" else ROWS
    for name in (f"a.{format}.{packing}", f"A.{format}.{packing}".upper()):
        found = [row.fields for row in read_good_rows(write(tmp_path / name, packed), format)]
        assert [{"text": f["text"].strip()} for f in found] == [{"text": e["text"].strip()} for e in expected]


@pytest.mark.parametrize("format", CONTENT)
@pytest.mark.parametrize("packing", PACKERS)
def test_a_file_that_was_cut_in_half_fails_and_tells_how_much_was_read(
    tmp_path: Path, format: Any, packing: str
) -> None:
    packed = PACKERS[packing](CONTENT[format].encode())
    path = write(tmp_path / f"a.{format}.{packing}", packed[: len(packed) // 2])
    rows, message = count_until_damage(path, format)
    assert message.startswith(f"{path}: not a sound ")
    assert "could be read before that" in message
    assert f"{rows:,} rows" in message
    assert rows < len(ROWS)


@pytest.mark.parametrize("packing", PACKERS)
@pytest.mark.parametrize("spoil", ["changed", "trailing", "second_cut", "empty", "not_packed"])
def test_every_damage_of_a_packed_file_is_noticed(tmp_path: Path, packing: str, spoil: str) -> None:
    half = "".join(json.dumps(row) + "\n" for row in ROWS[:2000]).encode()
    one, two = PACKERS[packing](half), PACKERS[packing](CONTENT["jsonl"][len(half) :].encode())
    changed = bytearray(one)
    changed[len(one) // 2 : len(one) // 2 + 64] = bytes(64)
    content = {
        "changed": bytes(changed),
        "trailing": one + b"and then something else",
        "second_cut": one + two[: len(two) // 2],
        "empty": b"",
        "not_packed": half,
    }
    assert len(list(read_good_rows(write(tmp_path / f"whole.jsonl.{packing}", one + two), "jsonl"))) == len(ROWS)
    path = write(tmp_path / f"a.jsonl.{packing}", content[spoil])
    with pytest.raises(DamagedFileError, match=r"not a sound \w+ file .* could be read before that"):
        list(read_rows(path, "jsonl"))


def test_padding_after_a_gzip_file_is_no_damage(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl.gz", gzip.compress(b'{"a": "1"}\n') + bytes(1000))
    assert len(list(read_good_rows(path, "jsonl"))) == 1


def write_latin1_parquet(path: Path) -> Path:
    """A column that calls itself text and holds one cell of Latin-1, as careless writers leave it."""
    cells = [f"row {i}".encode() for i in range(6000)]
    cells[5000] = b"caf\xe9"
    column = pa.array(cells, type=pa.binary())
    text = pa.Array.from_buffers(pa.string(), len(column), column.buffers())
    pq.write_table(pa.table({"text": text}), path)
    return path


def test_a_parquet_file_with_a_cell_that_is_no_text_fails(tmp_path: Path) -> None:
    rows, message = count_until_damage(write_latin1_parquet(tmp_path / "a.parquet"), "parquet")
    assert rows == 4096
    assert "a.parquet: not a sound Parquet file" in message and "4,096 of 6,000 rows could be read" in message


@pytest.mark.parametrize("where", ["page", "footer", "cut"])
def test_a_damaged_parquet_file_fails(tmp_path: Path, where: str) -> None:
    pq.write_table(pa.table({"text": [f"row {i} {i * 7919 % 1000}" for i in range(9000)]}), tmp_path / "a.parquet")
    data = bytearray((tmp_path / "a.parquet").read_bytes())
    place = {"page": 200, "footer": len(data) - 60, "cut": 0}[where]
    data[place : place + 40] = bytes(40)
    path = write(tmp_path / "b.parquet", bytes(data[:-100] if where == "cut" else data))
    _, message = count_until_damage(path, "parquet")
    assert "b.parquet: not a sound Parquet file" in message and "rows could be read before that" in message


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[\n{,", "a.json:2: not JSON"),
        (b"[\n\xff]", "a.json:2: not valid UTF-8"),
        ("[" * 100_000, "a.json: not JSON (nested too deep"),
    ],
)
def test_json_that_does_not_parse_fails_the_file(tmp_path: Path, content: str | bytes, reason: str) -> None:
    _, message = count_until_damage(write(tmp_path / "a.json", content), "json")
    assert reason in message and "0 rows" in message


def test_a_quote_that_is_never_closed_fails_the_file(tmp_path: Path) -> None:
    lines = ["a,b", "1,2", '3,"4', *(f"{i},{i}" for i in range(100))]
    rows, message = count_until_damage(write(tmp_path / "a.csv", "\n".join(lines)), "csv")
    assert rows == 1
    assert "a quote that opens in the row of line 3 is never closed" in message
    good = write(tmp_path / "b.csv", 'a,b\n1,"2\n3"\n4,"5"')
    assert [dict(row.fields) for row in read_good_rows(good, "csv")] == [{"a": "1", "b": "2\n3"}, {"a": "4", "b": "5"}]


def test_a_field_longer_than_any_text_fails_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.datasets.readers.LONGEST_FIELD_CHARS", 1000)
    path = write(tmp_path / "a.csv", "a\n1\n" + "x" * 2000 + "\n2\n")
    rows, message = count_until_damage(path, "csv")
    assert rows == 1 and "not delimited text" in message


def test_a_file_that_the_system_cannot_read_fails_with_the_system_s_reason() -> None:
    _, message = count_until_damage(Path("/proc/self/mem"), "jsonl")
    assert message.startswith("/proc/self/mem: the file cannot be read (Input/output error); 0 rows")


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE html>\n<html>\n<h1>404</h1>\n</html>\n",
        gzip.compress(CONTENT["jsonl"].encode()),
        CONTENT["jsonl"].encode("utf-16"),
        b'{"body": "x"}\n{"body": "y"}\n',
    ],
    ids=["html", "packed", "utf-16", "other fields"],
)
def test_a_file_without_one_row_that_can_be_read_is_no_file_of_rows(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(DamagedFileError, match=r"a\.jsonl: none of its [\d,]+ rows can be read"):
        list(read_rows(write(tmp_path / "a.jsonl", content), "jsonl", required=["text"]))


@pytest.mark.parametrize("format", ["jsonl", "text", "csv"])
def test_a_pointer_of_git_lfs_is_no_data(tmp_path: Path, format: Any) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    with pytest.raises(DataError, match="git lfs pull"):
        list(read_rows(write(tmp_path / "a", pointer), format))


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.jsonl.lz4", "a.TGZ"])
def test_an_archive_is_refused_by_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match=r"archives are not read; .*\.gz \.bz2 \.xz \.zst"):
        list(read_rows(write(tmp_path / name, b"PK"), "jsonl"))


def test_a_link_to_nothing_among_the_data_is_missing_data(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", "{}")
    (tmp_path / "b.jsonl").symlink_to(tmp_path / "gone")
    with pytest.raises(DataError, match=r"b\.jsonl: the file cannot be read \(No such file or directory\)"):
        list(read_rows(tmp_path, "jsonl"))


def test_a_caller_without_quarantine_fails_too(tmp_path: Path) -> None:
    packed = gzip.compress(CONTENT["jsonl"].encode())
    with pytest.raises(DataError, match="not a sound gzip file"):
        list(read_good_rows(write(tmp_path / "a.jsonl.gz", packed[:-9]), "jsonl"))


def test_a_broken_row_says_how_much_text_is_lost_with_it(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"text": "x"}\n' + json.dumps(ROWS) + "\n")
    _, bad = read_rows(path, "jsonl")
    assert isinstance(bad, BadRow)
    assert bad.size == len(json.dumps(ROWS))


@pytest.mark.parametrize("cut", [2, 7, 12, 19])
def test_a_file_of_lines_that_stops_within_a_row_fails_whatever_may_be_malformed(cut: int, tmp_path: Path) -> None:
    path = tmp_path / "cut.jsonl"
    rows = [json.dumps({"text": f"row {i} \u00e9", "n": [i]}, ensure_ascii=False) + "\n" for i in range(50)]
    path.write_bytes("".join(rows).encode()[:-cut])
    with pytest.raises(DamagedFileError, match=r"cut\.jsonl:50: the file ends in the middle of a .*49 whole"):
        list(read_rows(path, "jsonl"))


def test_a_last_row_that_is_wrong_but_whole_costs_itself_alone(tmp_path: Path) -> None:
    path = tmp_path / "wrong.jsonl"
    path.write_text('{"text": "one"}\n{"text": two}')
    good, bad = read_rows(path, "jsonl")
    assert isinstance(good, Row)
    assert isinstance(bad, BadRow)


@pytest.mark.parametrize("end", ['"b\\u00', '"b\\', '"b", "n": -', '"b", "y": tr', '"b",'])
def test_a_row_that_stops_within_a_word_a_sign_or_an_escape_is_a_cut_file(end: str, tmp_path: Path) -> None:
    path = write(tmp_path / "cut.jsonl", '{"text": "a"}\n{"text": ' + end)
    assert count_until_damage(path, "jsonl")[0] == 1


def test_a_date_that_python_has_not_is_a_damaged_file_and_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["x"], "at": pa.array([10**18], pa.timestamp("us"))}), path)
    assert "date value out of range" in count_until_damage(path, "parquet")[1]
