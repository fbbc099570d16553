"""What a row is, what a broken row is, and what a damaged file is."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from components.base.errors import DataError
from components.base.unicode import is_unicode


@dataclass(frozen=True)
class Row:
    """One record, and where it stands: `line` counts from 1 (items in json, rows in parquet)."""

    fields: Mapping[str, Any]
    path: Path
    line: int


@dataclass(frozen=True)
class BadRow:
    """A record that could not be read; `str()` of it is the one line to show. `size` is what is lost with it."""

    path: Path
    line: int
    reason: str
    size: int = field(default=0, compare=False)

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


class DamagedFileError(DataError):
    """A file that ends before its rows do: nobody can tell how much is lost, so no budget of bad rows covers it."""


def report_damage(path: Path, reason: str, read: str, line: int = 0) -> DamagedFileError:
    """The one line to show: which file, why, and how much of it could be read."""
    place = f"{path}:{line}" if line else str(path)
    return DamagedFileError(f"{place}: {' '.join(reason.split())}; {read}")


def to_row(file: Path, number: int, value: Any, size: int) -> Row | BadRow:
    """A row of what stood there, if that was an object with fields."""
    if not isinstance(value, dict):
        return BadRow(file, number, f"the row is {name_type(value)}, not an object with fields", size)
    return Row(value, file, number)


def holds_surrogate(value: Any) -> bool:
    """True when any text in it holds a lone surrogate, which has no UTF-8 form."""
    return not is_unicode(json.dumps(value, ensure_ascii=False, default=str))


def name_type(value: Any) -> str:
    """What a value is, in words for messages."""
    names = {dict: "an object", list: "a list", type(None): "null", bool: "a boolean"}
    return names.get(type(value), "a number" if isinstance(value, int | float) else type(value).__name__)
