"""Rows of user data in any common form; a broken row is a value that says where and why, never a crash."""

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from components.base.data_files import RowFormat, Skipped, list_data_files
from components.base.errors import DataError
from components.base.unicode import is_unicode
from components.datasets import readers
from components.datasets.records import BadRow, DamagedFileError, Row, name_type

__all__ = [
    "SEPARATOR",
    "BadRow",
    "DamagedFileError",
    "Row",
    "RowFormat",
    "TextUnit",
    "announce_skipped",
    "find_files",
    "is_unicode",
    "read_good_rows",
    "read_rows",
    "require_field",
]

TextUnit = Literal["file", "paragraph", "line", "document"]
SEPARATOR = "<|endoftext|>"


def read_rows(
    path: Path,
    format: RowFormat,
    *,
    required: Sequence[str] = (),
    columns: Sequence[str] | None = None,
    records_key: str | None = None,
    text_unit: TextUnit = "file",
    separator: str = SEPARATOR,
) -> Iterator[Row | BadRow]:
    """Read a file, a glob or a folder (its data files, sorted); `.gz .bz2 .xz .zst` are unpacked on the way.

    A row without one of the `required` fields, or with another type than text in it, is a BadRow.
    `columns` names the fields of csv and tsv files that have no header line; `records_key` is where the list
    stands in a json object (by default its only list); `text_unit` is what one row of plain text is, and
    `separator` is what stands between documents.
    Raises DataError when nothing matches the path, and DamagedFileError when a file ends before its rows do, or has
    no row that can be read: then more is lost than one row, and nobody knows how much.
    """
    read = _choose_reader(format, columns, records_key, text_unit, separator)
    for file in find_files(path, format):
        good, bad, first = 0, 0, ""
        for row in read(file):
            checked = _check_fields(row, required) if isinstance(row, Row) else row
            if isinstance(checked, BadRow):
                bad, first = bad + 1, first or f"{checked.line}: {checked.reason}"
            else:
                good += 1
            yield checked
        # One broken row may be what it says; when all are, the file is something else than rows.
        if bad > 1 and not good:
            raise DamagedFileError(f"{file}: none of its {bad:,} rows can be read, first {first}")


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


def find_files(path: Path, format: RowFormat = "jsonl") -> list[Path]:
    """The data files that a path, folder or glob stands for, sorted; says on standard error what it skips.

    Raises DataError when there are none.
    """
    listing = list_data_files(path, format)
    if not listing.files:
        found = f" ({len(listing.skipped)} skipped: {listing.skipped[0]})" if listing.skipped else ""
        where = "the folder holds no files to read" if path.is_dir() else "no such file"
        raise DataError(f"{path}: {where}{found}")
    announce_skipped(listing.skipped)
    return list(listing.files)


def announce_skipped(skipped: Sequence[Skipped]) -> None:
    """One line a file on standard error."""
    for item in skipped:
        print(item, file=sys.stderr)


def _choose_reader(
    format: RowFormat, columns: Sequence[str] | None, records_key: str | None, unit: TextUnit, separator: str
) -> Callable[[Path], Iterator[Row | BadRow]]:
    match format:
        case "jsonl":
            return readers.read_jsonl
        case "json":
            return lambda file: readers.read_json(file, records_key)
        case "parquet":
            return readers.read_parquet
        case "text":
            return _choose_text_reader(unit, separator)
        case "csv":
            return lambda file: readers.read_table(file, ",", columns)
        case "tsv":
            return lambda file: readers.read_table(file, "\t", columns)


def _choose_text_reader(unit: TextUnit, separator: str) -> Callable[[Path], Iterator[Row | BadRow]]:
    match unit:
        case "file":
            return readers.read_whole_text
        case "paragraph":
            return readers.read_paragraphs
        case "line":
            return readers.read_text_lines
        case "document":
            return lambda file: readers.read_separated(file, separator)


def _check_fields(row: Row, required: Sequence[str]) -> Row | BadRow:
    for name in required:
        value = row.fields.get(name)
        if not isinstance(value, str):
            reason = f"is {name_type(value)}, not text" if name in row.fields else "is missing"
            return BadRow(row.path, row.line, f"field {name!r} {reason}")
    return row
