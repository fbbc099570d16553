"""One reader a format: rows of a file in order, broken ones as values, a damaged file as an error."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Literal

from components.base.errors import DataError
from components.base.unicode import is_unicode
from components.datasets.opening import Progress, open_data_file
from components.datasets.records import BadRow, Row, holds_surrogate, report_damage, to_row

LONGEST_FIELD_CHARS = 1 << 27
PARQUET_BATCH_ROWS = 1024
SURROGATE = "the row holds a lone surrogate (\\ud800 … \\udfff), which is not text"
NUL = "the row holds NUL bytes: the file is UTF-16, no text at all, or was not written to its end"
TOO_DEEP = "not JSON (nested too deep, or a number too long)"
_END = "\x00 end of the file \x00"


def read_lines(file: Path) -> Iterator[tuple[int, str | BadRow]]:
    """Numbered lines, each decoded on its own, so that one broken line costs one row."""
    progress = Progress()
    with open_data_file(file, progress) as stream:
        for number, raw in enumerate(stream, start=1):
            yield number, decode(file, number, raw)
            progress.rows = number


def decode(file: Path, number: int, raw: bytes) -> str | BadRow:
    """Text of the bytes that begin at that line."""
    try:
        # A byte-order mark opens many files made on Windows and is no part of the first row.
        text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        line = number + raw.count(b"\n", 0, error.start)
        if error.reason == "unexpected end of data" and not raw.endswith(b"\n"):
            whole = f"{line - 1:,} whole lines were read"
            raise report_damage(file, "the file ends in the middle of a character", whole, line) from None
        return BadRow(file, line, f"not valid UTF-8 ({error.reason} at byte {error.start})", len(raw))
    return BadRow(file, number, NUL, len(raw)) if "\0" in text else text


def read_jsonl(file: Path) -> Iterator[Row | BadRow]:
    """One object a line; blank lines are none. Raises DamagedFileError for a last line that stops within its row."""
    for number, line in read_lines(file):
        if isinstance(line, BadRow):
            yield line
        # Files that were written on Windows and strung together have a mark within.
        elif (row := line.removeprefix("\ufeff")).strip():
            _require_whole(file, number, row)
            yield _parse_object(file, number, row.rstrip("\r\n"))


def _require_whole(file: Path, number: int, line: str) -> None:
    """A row that is cut off where the file ends: a broken download, of which nobody knows how much is missing."""
    if line.endswith("\n") or not line.lstrip().startswith("{"):
        return
    try:
        json.loads(line)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(line.rstrip()) or error.msg.startswith("Unterminated string")
        if cut or not line.rstrip().endswith("}"):
            read = f"{number - 1:,} whole rows were read"
            raise report_damage(file, "the file ends in the middle of a row", read, number) from None
    except (RecursionError, ValueError):
        return


def _parse_object(file: Path, number: int, line: str) -> Row | BadRow:
    size = len(line)
    try:
        value = _JSON.decode(line)
    except _RepeatedError as error:
        return BadRow(file, number, str(error), size)
    except json.JSONDecodeError as error:
        return BadRow(file, number, f"not JSON ({error.msg} at column {error.colno})", size)
    except (RecursionError, ValueError):
        return BadRow(file, number, TOO_DEEP, size)
    if number == 1 and isinstance(value, list) and value and isinstance(value[0], dict):
        raise DataError(f"{file}:1: a list of {len(value):,} rows in one line: that is the format json, not jsonl")
    # What was decoded as UTF-8 holds a surrogate only where one is spelt out.
    if "\\u" in line and holds_surrogate(value):
        return BadRow(file, number, SURROGATE, size)
    return to_row(file, number, value, size)


def read_json(file: Path, records_key: str | None) -> Iterator[Row | BadRow]:
    """The items of a file's list of objects. Raises DataError when the file cannot be parsed or has no such list."""
    progress = Progress()
    with open_data_file(file, progress) as stream:
        text = decode(file, 1, stream.read())
    if isinstance(text, BadRow):
        raise report_damage(file, text.reason, str(progress), text.line)
    try:
        value = _JSON.decode(text)
    except _RepeatedError as error:
        raise DataError(f"{file}: {error}") from None
    except json.JSONDecodeError as error:
        raise report_damage(
            file, f"not JSON ({error.msg} at column {error.colno})", str(progress), error.lineno
        ) from None
    except (RecursionError, ValueError):
        raise report_damage(file, TOO_DEEP, str(progress)) from None
    records = _find_records(value, records_key)
    if records is None:
        raise DataError(f"{file}: no list of rows at {records_key or 'the top, nor one single list below it'}")
    spelt = "\\u" in text
    for number, record in enumerate(records, start=1):
        if spelt and holds_surrogate(record):
            yield BadRow(file, number, SURROGATE, len(text) // len(records))
        else:
            yield to_row(file, number, record, len(text) // len(records))


class _RepeatedError(ValueError):
    """A key that an object has twice."""


def _collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; of a key that stands there twice one value would be lost."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise _RepeatedError(f"the field {repeated!r} is there twice, and only one of them could be read")
    return fields


_JSON = json.JSONDecoder(object_pairs_hook=_collect)


def _find_records(value: Any, records_key: str | None) -> list[Any] | None:
    if isinstance(value, dict):
        lists = [v for k, v in value.items() if isinstance(v, list) and records_key in (None, k)]
        return lists[0] if len(lists) == 1 else None
    return value if isinstance(value, list) and records_key is None else None


def read_parquet(file: Path) -> Iterator[Row | BadRow]:
    """The rows of a Parquet file."""
    # Imported here, so that a config may name a row format without the weight of Arrow.
    import pyarrow as pa
    import pyarrow.parquet as pq

    number, total = 0, ""
    try:
        with pq.ParquetFile(file) as table:
            total = f" of {table.metadata.num_rows:,}"
            for batch in table.iter_batches(batch_size=PARQUET_BATCH_ROWS):
                for record in batch.to_pylist():
                    number += 1
                    yield to_row(file, number, record, 0)
    # Arrow holds dates that Python does not, before the year 1 and after 9999.
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        read = f"{number:,}{total} rows could be read before that, from a file of {_measure(file):,} bytes"
        raise report_damage(file, f"not a sound Parquet file ({reason})", read) from None


def _measure(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


def read_whole_text(file: Path) -> Iterator[Row | BadRow]:
    """The file as one row."""
    with open_data_file(file, Progress()) as stream:
        text = decode(file, 1, stream.read())
    yield text if isinstance(text, BadRow) else Row({"text": text}, file, 1)


def read_text_lines(file: Path) -> Iterator[Row | BadRow]:
    """Every line that is not blank."""
    for number, line in read_lines(file):
        if isinstance(line, BadRow):
            yield line
        elif line.strip():
            yield Row({"text": line.rstrip("\r\n")}, file, number)


def read_paragraphs(file: Path) -> Iterator[Row | BadRow]:
    """Lines up to a blank one; a broken line spoils its whole paragraph."""
    pending: list[tuple[int, str | BadRow]] = []
    for number, line in chain(read_lines(file), [(0, "")]):
        if isinstance(line, BadRow) or line.strip():
            pending.append((number, line))
        elif pending:
            yield _join(file, pending)
            pending = []


def _join(file: Path, lines: list[tuple[int, str | BadRow]]) -> Row | BadRow:
    broken = [line for _, line in lines if isinstance(line, BadRow)]
    if broken:
        size = sum(line.size if isinstance(line, BadRow) else len(line) for _, line in lines)
        return BadRow(file, broken[0].line, broken[0].reason, size)
    return Row({"text": "\n".join(str(line).rstrip("\r\n") for _, line in lines)}, file, lines[0][0])


def read_separated(file: Path, separator: str) -> Iterator[Row | BadRow]:
    """What stands between separators, without the white space around it; an empty stretch is none."""
    progress = Progress()
    number, tail, mark = 1, b"", separator.encode()
    with open_data_file(file, progress) as stream:
        while block := stream.read(max(1 << 20, len(tail))):
            *pieces, tail = (tail + block).split(mark)
            for piece in pieces:
                yield from _trim(file, number, piece)
                progress.rows += 1
                number += piece.count(b"\n") + mark.count(b"\n")
    yield from _trim(file, number, tail)


def _trim(file: Path, number: int, raw: bytes) -> Iterator[Row | BadRow]:
    text = decode(file, number, raw)
    if isinstance(text, BadRow):
        yield text
    elif text.strip():
        blank = len(text) - len(text.lstrip())
        yield Row({"text": text.strip()}, file, number + text.count("\n", 0, blank))


def read_table(file: Path, delimiter: str, columns: Sequence[str] | None) -> Iterator[Row | BadRow]:
    """Delimited text: csv with quotes; tsv without, since its quotes are as a rule part of the text."""
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if delimiter == "," else csv.QUOTE_NONE
    csv.field_size_limit(LONGEST_FIELD_CHARS)
    progress = Progress()
    with open_data_file(file, progress) as raw:
        # A broken byte becomes a lone surrogate here, so that it spoils its own row and no other.
        lines = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")
        # A quote that is never closed swallows all that follows, and so this line too.
        reader = csv.reader(chain(lines, [_END]), delimiter=delimiter, quoting=quoting)
        names, before = columns, 0
        for cells in reader:
            if cells == [_END]:
                return
            if cells and cells[-1].endswith(_END):
                raise csv.Error(f"a quote that opens in the row of line {before + 1} is never closed")
            before = reader.line_num
            if names is None:
                names = cells
                _refuse_repeated(file, names)
            elif cells:
                yield _to_table_row(file, reader.line_num, names, cells)
                progress.rows += 1


def _refuse_repeated(file: Path, names: Sequence[str]) -> None:
    if not all(map(is_unicode, names)):
        raise DataError(f"{file}:1: the names of the columns are not valid UTF-8")
    # Spreadsheets leave columns without a name at the end, as many as they like.
    repeated = sorted({name for name in names if name and names.count(name) > 1})
    if repeated:
        raise DataError(f"{file}:1: the column {repeated[0]!r} is named twice, and only one of them could be read")


def _to_table_row(file: Path, number: int, names: Sequence[str], cells: Sequence[str]) -> Row | BadRow:
    size = sum(map(len, cells))
    if not all(is_unicode(cell) for cell in cells):
        return BadRow(file, number, "not valid UTF-8", size)
    if any("\0" in cell for cell in cells):
        return BadRow(file, number, NUL, size)
    if len(cells) != len(names):
        return BadRow(file, number, f"{len(cells)} columns where {len(names)} are named ({', '.join(names)})", size)
    return Row(dict(zip(names, cells, strict=True)), file, number)
