"""Atomic writes: a reader sees the old file or the new one, never half of one."""

import json
import math
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components.base.errors import ArtifactError, DivergenceError


def write_text(path: Path, text: str) -> None:
    """Write text (UTF-8) beside the target, flush it to disk, then rename over the target."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def write_json(path: Path, value: Any) -> None:
    """Write JSON with sorted keys, so that equal values are equal bytes.

    Raises DivergenceError for a number that is not finite: JSON has no word for it, and readers differ on what it is.
    """
    if strange := find_non_finite(value):
        raise DivergenceError(f"{path}: {', '.join(strange)}: not a finite number, so nothing is written")
    write_text(path, json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n")


def encode_json_lines(rows: Iterable[Any]) -> str:
    """One JSON value a line; raises ValueError for a number that is not finite."""
    return "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)


def find_non_finite(value: Any, path: str = "") -> list[str]:
    """Every number in nested dicts and lists that is NaN or infinite, as `path.to.it = nan`."""
    match value:
        case float() if not math.isfinite(value):
            return [f"{path or 'the value'} = {value}"]
        case dict():
            return [f for key, item in value.items() for f in find_non_finite(item, f"{path}.{key}".lstrip("."))]
        case list() | tuple():
            return [f for i, item in enumerate(value) for f in find_non_finite(item, f"{path}.{i}".lstrip("."))]
        case _:
            return []


def read_json(path: Path) -> Any:
    """Read JSON; raises ArtifactError that names the file when it is missing or broken."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactError(f"{path}: the file is missing") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ArtifactError(f"{path}: not valid JSON ({error})") from None


@contextmanager
def fresh_folder(path: Path) -> Iterator[Path]:
    """Yield an empty sibling folder that takes the target's place only if the block succeeds."""
    partial = path.with_name(f".{path.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    yield partial
    shutil.rmtree(path, ignore_errors=True)
    partial.rename(path)
