"""Rows of user data in any common form; a broken row is a value that says where and why, never a crash."""

import csv
import glob
import gzip
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal, cast

from components.base.errors import DataError

RowFormat = Literal["jsonl", "json", "parquet", "text", "csv", "tsv"]
TextUnit = Literal["file", "paragraph", "line"]
LONGEST_FIELD_CHARS = 1 << 27
PARQUET_BATCH_ROWS = 1024


@dataclass(frozen=True)
class Row:
    """One record, and where it stands: `line` counts from 1 (items in json, rows in parquet)."""

    fields: Mapping[str, Any]
    path: Path
    line: int


@dataclass(frozen=True)
class BadRow:
    """A record that could not be read; `str()` of it is the one line to show. `line` 0 is the whole file."""

    path: Path
    line: int
    reason: str

    def __str__(self) -> str:
        place = f"{self.path}:{self.line}" if self.line else str(self.path)
        return f"{place}: {self.reason}"


def read_rows(
    path: Path,
    format: RowFormat,
    *,
    required: Sequence[str] = (),
    columns: Sequence[str] | None = None,
    records_key: str | None = None,
    text_unit: TextUnit = "file",
) -> Iterator[Row | BadRow]:
    """Read a file, a glob or a folder (all its files, sorted); `.gz` is unpacked on the way.

    A row without one of the `required` fields, or with another type than text in it, is a BadRow.
    `columns` names the fields of csv and tsv files that have no header line; `records_key` is where the list
    stands in a json object (by default its only list); `text_unit` is what one row of plain text is.
    Raises DataError when nothing matches the path.
    """
    read = _choose_reader(format, columns, records_key, text_unit)
    for file in find_files(path):
        for row in read(file):
            yield _check_fields(row, required) if isinstance(row, Row) else row


def read_good_rows(path: Path, format: RowFormat, **options: Any) -> Iterator[Row]:
    """Like `read_rows`, for a caller without a quarantine: the first broken row raises DataError."""
    for row in read_rows(path, format, **options):
        if isinstance(row, BadRow):
            raise DataError(str(row))
        yield row


def require_field(row: Row, name: str) -> str:
    """The text of a field; raises DataError that names file, line and field."""
    checked = _check_fields(row, [name])
    if isinstance(checked, BadRow):
        raise DataError(str(checked))
    return str(row.fields[name])


def find_files(path: Path) -> list[Path]:
    """The files that a path, folder or glob stands for, sorted; raises DataError when there are none."""
    if path.is_file():
        return [path]
    found = path.rglob("*") if path.is_dir() else map(Path, glob.glob(str(path), recursive=True))  # noqa: PTH207
    files = sorted(p for p in found if p.is_file() and not p.name.startswith("."))
    if not files:
        raise DataError(f"{path}: no such file" if not path.is_dir() else f"{path}: the folder holds no files")
    return files


def is_unicode(text: str) -> bool:
    """False for text with a lone surrogate, which has no UTF-8 form."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _choose_reader(
    format: RowFormat, columns: Sequence[str] | None, records_key: str | None, text_unit: TextUnit
) -> Callable[[Path], Iterator[Row | BadRow]]:
    match format:
        case "jsonl":
            return _read_jsonl
        case "json":
            return lambda file: _read_json(file, records_key)
        case "parquet":
            return _read_parquet
        case "text":
            return lambda file: _read_text(file, text_unit)
        case "csv":
            return lambda file: _read_table(file, ",", columns)
        case "tsv":
            return lambda file: _read_table(file, "\t", columns)


def _check_fields(row: Row, required: Sequence[str]) -> Row | BadRow:
    for name in required:
        if name not in row.fields:
            return BadRow(row.path, row.line, f"field {name!r} is missing")
        if not isinstance(row.fields[name], str):
            return BadRow(row.path, row.line, f"field {name!r} is {_name_type(row.fields[name])}, not text")
    return row


def _name_type(value: Any) -> str:
    names = {dict: "an object", list: "a list", type(None): "null", bool: "a boolean"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else type(value).__name__)


def _open(file: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(file) if file.suffix == ".gz" else file.open("rb"))


def _lines(file: Path) -> Iterator[tuple[int, str | BadRow]]:
    """Numbered lines, each decoded on its own, so that one broken line costs one row."""
    number = 0
    try:
        with _open(file) as stream:
            for number, raw in enumerate(stream, start=1):
                yield number, _decode(file, number, raw)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        yield number + 1, BadRow(file, number + 1, f"not a sound gzip file ({error})")


def _decode(file: Path, number: int, raw: bytes) -> str | BadRow:
    try:
        # A byte-order mark opens many files made on Windows and is no part of the first row.
        return raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        return BadRow(file, number, f"not valid UTF-8 ({error.reason} at byte {error.start})")


def _read_jsonl(file: Path) -> Iterator[Row | BadRow]:
    for number, line in _lines(file):
        if isinstance(line, BadRow):
            yield line
        elif line.strip():
            yield _parse_object(file, number, line.rstrip("\r\n"))


def _parse_object(file: Path, number: int, line: str) -> Row | BadRow:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as error:
        return BadRow(file, number, f"not JSON ({error.msg} at column {error.colno})")
    except (RecursionError, ValueError):
        return BadRow(file, number, "not JSON (nested too deep, or a number too long)")
    return _to_row(file, number, value)


def _to_row(file: Path, number: int, value: Any) -> Row | BadRow:
    if not isinstance(value, dict):
        return BadRow(file, number, f"the row is {_name_type(value)}, not an object with fields")
    if not is_unicode(json.dumps(value, ensure_ascii=False, default=str)):
        return BadRow(file, number, "the row holds a lone surrogate (\\ud800 … \\udfff), which is not text")
    return Row(value, file, number)


def _read_whole(file: Path) -> str | BadRow:
    try:
        with _open(file) as stream:
            return stream.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return BadRow(file, line, f"not valid UTF-8 ({error.reason} at byte {error.start})")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        return BadRow(file, 0, f"not a sound gzip file ({error})")


def _read_json(file: Path, records_key: str | None) -> Iterator[Row | BadRow]:
    text = _read_whole(file)
    if isinstance(text, BadRow):
        yield text
        return
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        yield BadRow(file, error.lineno, f"not JSON ({error.msg} at column {error.colno})")
        return
    except (RecursionError, ValueError):
        yield BadRow(file, 0, "not JSON (nested too deep, or a number too long)")
        return
    records = _find_records(value, records_key)
    if records is None:
        yield BadRow(file, 0, f"no list of rows at {records_key or 'the top, nor one single list below it'}")
        return
    for number, record in enumerate(records, start=1):
        yield _to_row(file, number, record)


def _find_records(value: Any, records_key: str | None) -> list[Any] | None:
    if isinstance(value, dict):
        lists = [v for k, v in value.items() if isinstance(v, list) and records_key in (None, k)]
        return lists[0] if len(lists) == 1 else None
    return value if isinstance(value, list) and records_key is None else None


def _read_parquet(file: Path) -> Iterator[Row | BadRow]:
    # Imported here, so that a config may name a row format without the weight of Arrow.
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file) as table:
            batches = table.iter_batches(batch_size=PARQUET_BATCH_ROWS)
            records = (record for batch in batches for record in batch.to_pylist())
            for number, record in enumerate(records, start=1):
                yield _to_row(file, number, record)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        yield BadRow(file, 0, f"not a sound Parquet file ({str(error).splitlines()[0]})")


def _read_text(file: Path, unit: TextUnit) -> Iterator[Row | BadRow]:
    if unit == "file":
        text = _read_whole(file)
        yield text if isinstance(text, BadRow) else Row({"text": text}, file, 1)
        return
    pending: list[str] = []
    start = 1
    for number, line in _lines(file):
        if isinstance(line, BadRow):
            yield line
            continue
        if line.strip():
            start = start if pending else number
            pending.append(line.rstrip("\r\n"))
        if pending and (unit == "line" or not line.strip()):
            yield Row({"text": "\n".join(pending)}, file, start)
            pending = []
    if pending:
        yield Row({"text": "\n".join(pending)}, file, start)


def _read_table(file: Path, delimiter: str, columns: Sequence[str] | None) -> Iterator[Row | BadRow]:
    """Delimited text: csv with quotes; tsv without, since its quotes are as a rule part of the text."""
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if delimiter == "," else csv.QUOTE_NONE
    csv.field_size_limit(LONGEST_FIELD_CHARS)
    number = 0
    try:
        with _open(file) as raw:
            # A broken byte becomes a lone surrogate here, so that it spoils its own row and no other.
            lines = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")
            reader = csv.reader(lines, delimiter=delimiter, quoting=quoting)
            names = list(columns) if columns is not None else next(reader, [])
            for cells in reader:
                number = reader.line_num
                if cells:
                    yield _to_table_row(file, number, names, cells)
    except csv.Error as error:
        yield BadRow(file, number + 1, f"not delimited text ({error})")
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        yield BadRow(file, number + 1, f"not a sound gzip file ({error})")


def _to_table_row(file: Path, number: int, names: Sequence[str], cells: Sequence[str]) -> Row | BadRow:
    if not all(is_unicode(cell) for cell in cells):
        return BadRow(file, number, "not valid UTF-8")
    if len(cells) != len(names):
        return BadRow(file, number, f"{len(cells)} columns where {len(names)} are named ({', '.join(names)})")
    return Row(dict(zip(names, cells, strict=True)), file, number)
