"""Rows of every form, and each way in which a row can be broken."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.base.errors import DataError
from components.datasets import readers
from components.datasets.rows import BadRow, Row, read_good_rows, read_rows, require_field


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def fields(path: Path, format: Any, **options: Any) -> list[Any]:
    return [row.fields if isinstance(row, Row) else str(row) for row in read_rows(path, format, **options)]


def test_good_jsonl_rows_know_their_line(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"text": "é"}\n\n{"text": "b"}')
    assert list(read_rows(path, "jsonl")) == [Row({"text": "é"}, path, 1), Row({"text": "b"}, path, 3)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": ', "not JSON (Expecting value at column 10)"),
        (b'{"text": "a", "text": "b"}', "the field 'text' is there twice, and only one of them could be read"),
        (b'{"text": "a", "x": [{"y": 1, "y": 1}]}', "the field 'y' is there twice, and only one of them could be read"),
        (b'{"text": "a\0"}', readers.NUL),
        (b"[1, 2]", "the row is a list, not an object with fields"),
        (b'{"text": "caf\xe9"}', "not valid UTF-8 (invalid continuation byte at byte 13)"),
        (b'{"other": "x"}', "field 'text' is missing"),
        (b'{"text": null}', "field 'text' is null, not text"),
        (b'{"text": 7}', "field 'text' is a number, not text"),
        (b'{"text": "\\ud800"}', "the row holds a lone surrogate (\\ud800 … \\udfff), which is not text"),
        (b"[" * 100_000, "not JSON (nested too deep, or a number too long)"),
    ],
)
def test_a_broken_jsonl_row_names_file_line_and_reason_and_spares_its_neighbours(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    path = write(tmp_path / "a.jsonl", b'{"text": "good"}\n' + line + b'\n{"text": "also good"}\n')
    rows = list(read_rows(path, "jsonl", required=["text"]))
    assert rows[1] == BadRow(path, 2, reason)
    assert str(rows[1]) == f"{path}:2: {reason}"
    assert [row.fields["text"] for row in rows if isinstance(row, Row)] == ["good", "also good"]


def test_a_caller_without_quarantine_is_refused_at_the_first_broken_row(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '{"text": "a"}\n{"te\n')
    with pytest.raises(DataError, match=r"a\.jsonl:2: not JSON"):
        list(read_good_rows(path, "jsonl"))


def test_a_required_field_is_text_or_a_refusal(tmp_path: Path) -> None:
    row = Row({"a": "x", "b": []}, tmp_path / "f", 9)
    assert require_field(row, "a") == "x"
    with pytest.raises(DataError, match=r"f:9: field 'b' is a list, not text"):
        require_field(row, "b")
    with pytest.raises(DataError, match=r"f:9: field 'c' is missing"):
        require_field(row, "c")


def test_json_rows_are_found_at_the_top_in_the_only_list_or_under_their_key(tmp_path: Path) -> None:
    rows = [{"a": "1"}, {"a": "2"}]
    assert fields(write(tmp_path / "a.json", json.dumps(rows)), "json") == rows
    assert fields(write(tmp_path / "b.json", json.dumps({"canary": "c", "examples": rows})), "json") == rows
    two = write(tmp_path / "c.json", json.dumps({"dev": [], "test": rows}))
    assert fields(two, "json", records_key="test") == rows
    with pytest.raises(DataError, match=r"c\.json: no list of rows"):
        fields(two, "json")


def test_parquet_rows_are_numbered_from_one(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a", None], "n": [1, 2]}), tmp_path / "a.parquet")
    assert fields(tmp_path / "a.parquet", "parquet") == [{"text": "a", "n": 1}, {"text": None, "n": 2}]
    rows = list(read_rows(tmp_path / "a.parquet", "parquet", required=["text"]))
    assert rows[1] == BadRow(tmp_path / "a.parquet", 2, "field 'text' is null, not text")


def test_text_is_cut_into_files_paragraphs_or_lines(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "one\ntwo\n\n\nthree\n")
    assert fields(path, "text") == [{"text": "one\ntwo\n\n\nthree\n"}]
    paragraphs = list(read_rows(path, "text", text_unit="paragraph"))
    assert paragraphs == [Row({"text": "one\ntwo"}, path, 1), Row({"text": "three"}, path, 5)]
    assert fields(path, "text", text_unit="line") == [{"text": "one"}, {"text": "two"}, {"text": "three"}]


def test_documents_stand_between_separators(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "One.\n\nStill one.\n<|endoftext|>\n\nTwo.<|endoftext|><|endoftext|>Three\n")
    rows = list(read_rows(path, "text", text_unit="document"))
    assert rows == [
        Row({"text": "One.\n\nStill one."}, path, 1),
        Row({"text": "Two."}, path, 6),
        Row({"text": "Three"}, path, 6),
    ]
    own = write(tmp_path / "b.txt", "one\n\n\ntwo\nand\n\n\n\nthree")
    found = list(read_rows(own, "text", text_unit="document", separator="\n\n\n"))
    assert [(row.fields["text"], row.line) for row in found if isinstance(row, Row)] == [
        ("one", 1),
        ("two\nand", 4),
        ("three", 9),
    ]


def test_a_separator_is_found_where_two_blocks_of_reading_meet(tmp_path: Path) -> None:
    texts = ["x" * size for size in ((1 << 20) - 5, 7, (1 << 20) - 2)]
    path = write(tmp_path / "a.txt", "<|endoftext|>".join(texts))
    assert fields(path, "text", text_unit="document") == [{"text": text} for text in texts]


@pytest.mark.parametrize("unit", ["document", "paragraph", "line"])
def test_a_broken_byte_spoils_its_own_text_only(tmp_path: Path, unit: Any) -> None:
    parts = {"document": b"<|endoftext|>\n", "paragraph": b"\n\n", "line": b"\n\n"}
    path = write(tmp_path / "a.txt", parts[unit].join([b"one\n", b"ca\xff\n", b"three\n"]))
    first, bad, last = read_rows(path, "text", text_unit=unit)
    assert isinstance(bad, BadRow) and "not valid UTF-8" in bad.reason
    assert isinstance(first, Row) and isinstance(last, Row)
    assert (first.fields["text"], last.fields["text"]) == ("one", "three")


def test_tables_with_and_without_a_header(tmp_path: Path) -> None:
    quoted = write(tmp_path / "a.csv", 'q,a\n"1, 2\n3",x\nonly\n')
    first, second = fields(quoted, "csv")
    assert first == {"q": "1, 2\n3", "a": "x"}
    assert second == f"{quoted}:4: 1 columns where 2 are named (q, a)"
    tabs = write(tmp_path / "a.tsv", 'he said "hi\tx\n')
    assert fields(tabs, "tsv", columns=["q", "a"]) == [{"q": 'he said "hi', "a": "x"}]


def test_a_table_that_names_a_column_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"a\.csv:1: the column 'q' is named twice"):
        fields(write(tmp_path / "a.csv", "q,a,q\n1,2,3\n"), "csv")


def test_a_broken_byte_spoils_its_own_table_row_only(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", b"q\ngood\nb\xffd\ngood\n")
    assert fields(path, "csv") == [{"q": "good"}, f"{path}:3: not valid UTF-8", {"q": "good"}]


def test_a_byte_order_mark_is_no_part_of_the_first_row(tmp_path: Path) -> None:
    mark = b"\xef\xbb\xbf"
    assert fields(write(tmp_path / "a.jsonl", mark + b'{"a": "1"}'), "jsonl") == [{"a": "1"}]
    assert fields(write(tmp_path / "a.csv", mark + b"a\n1\n"), "csv") == [{"a": "1"}]
    assert fields(write(tmp_path / "a.txt", mark + b"1"), "text") == [{"text": "1"}]


def test_a_byte_order_mark_where_two_files_were_strung_together_is_no_part_of_a_row(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", '\ufeff{"text": "a"}\r\n\ufeff{"text": "b"}\r\n')
    assert fields(path, "jsonl") == [{"text": "a"}, {"text": "b"}]


@pytest.mark.parametrize(
    ("name", "content", "format", "reason"),
    [
        (
            "a.jsonl",
            b'[{"text": "a"}, {"text": "b"}]\n',
            "jsonl",
            "a list of 2 rows in one line: that is the format json",
        ),
        ("a.json", b'[{"text": "a", "text": "b"}]', "json", "the field 'text' is there twice"),
        ("a.csv", "id,text\n1,a\n".encode("utf-16"), "csv", "the names of the columns are not valid UTF-8"),
        ("a.txt", "one\ntwo".encode("utf-16-le"), "text", "NUL bytes"),
    ],
)
def test_a_file_of_another_kind_is_refused_by_what_it_is(
    tmp_path: Path, name: str, content: bytes, format: Any, reason: str
) -> None:
    with pytest.raises(DataError, match=reason):
        list(read_good_rows(write(tmp_path / name, content), format))


def test_real_files_have_no_broken_row(real_data: Path) -> None:
    def count(path: str, format: Any, **options: Any) -> int:
        return sum(1 for _ in read_good_rows(real_data / path, format, **options))

    assert count("gsm8k/train.jsonl", "jsonl", required=["question", "answer"]) == 7473
    assert count("multiarith/MultiArith.json", "json", required=["sQuestion"]) == 600
    assert count("bbh/date_understanding.json", "json", required=["input", "target"]) == 250
    assert count("flan_cot/*.tsv.gz", "tsv", columns=["question", "answer", "rationale"]) == 25970
    assert count("tinystories/train.txt", "text", text_unit="document") == 2085
    assert count("mmlu/val", "csv", columns=["question", "a", "b", "c", "d", "answer"]) == 1531
