"""Which files a path of the user's means: a file, a glob, or a folder as some tool left it."""

import fnmatch
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from components.base.errors import DataError

RowFormat = Literal["jsonl", "json", "parquet", "text", "csv", "tsv"]
COMPRESSED = frozenset({".gz", ".bz2", ".xz", ".zst"})

NO_SUFFIX = frozenset({""})
SUFFIXES: dict[RowFormat, tuple[frozenset[str], ...]] = {
    "jsonl": (frozenset({".jsonl", ".ndjson", ".jsonlines"}), frozenset({".json"}), NO_SUFFIX),
    "json": (frozenset({".json"}), NO_SUFFIX),
    "parquet": (frozenset({".parquet", ".pq", ".parq"}), NO_SUFFIX),
    "text": (frozenset({".txt", ".text"}), frozenset({".md", ".markdown", ".rst"}), NO_SUFFIX),
    "csv": (frozenset({".csv"}), frozenset({".txt"}), NO_SUFFIX),
    "tsv": (frozenset({".tsv", ".tab"}), frozenset({".txt"}), NO_SUFFIX),
}
"""By format, groups of suffixes; of a folder, the first group that any file has is read and the rest skipped.

So a folder of `*.json.gz` with one object a line is jsonl, and so are Spark's `part-00000` without a suffix.
"""
ABOUT = frozenset({"readme", "license", "licence"})
"""Names of files that tell of the data and are none of it."""
_WILD = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Skipped:
    """A file or folder that lies among the data and is not read, and why."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: skipped ({self.reason})"


@dataclass(frozen=True)
class Listing:
    """What a path means: `files` to read, sorted, and what lies beside them."""

    files: tuple[Path, ...] = ()
    skipped: tuple[Skipped, ...] = ()


def list_data_files(path: Path, format: RowFormat | None = None) -> Listing:
    """The data files of a file, a folder or a glob; without a format, all files of whatever name.

    A file is taken as it is named, and so are the matches of a glob that ends in a suffix. In folders, symbolic
    links are followed and every file is taken once; hidden names, names with a leading underscore and READMEs are
    skipped. Of the rest, those with a suffix of the format are read, in any case, compressed or not. A link to
    nothing stays in the list, so that whoever opens it says that data is missing.
    Raises DataError when a folder cannot be listed.
    """
    if path.is_file():
        return Listing((path,))
    walk = _Walk(any_name=format is None)
    named, found = ([], list(walk.below(path, named=True))) if path.is_dir() else walk.matching(path)
    if named and not _fixes_suffix(path.name):
        named, found = [], named + found
    kept, passed = _choose(found, format) if format and found else (found, [])
    files = walk.drop_repeated(named + kept)
    return Listing(tuple(sorted(files)), tuple(sorted([*walk.skipped, *passed], key=lambda item: item.path)))


def find_suffix(path: Path) -> str:
    """The suffix of what is in a file, in lower case, without that of its compression."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSED:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


class _Walk:
    """Goes through folders, links too, and takes every one once, so that a circle of links ends."""

    def __init__(self, *, any_name: bool) -> None:
        self.skipped: list[Skipped] = []
        self._any_name = any_name
        self._seen: dict[str, Path] = {}

    def below(self, folder: Path, named: bool) -> Iterator[Path]:
        """Every file in a folder and in the folders in it; one that was `named` may have any name."""
        if (named or self._is_data(folder)) and self._is_first(folder):
            for entry in _list(folder):
                if entry.is_dir():
                    yield from self.below(entry, named=False)
                elif self._is_data(entry):
                    yield entry

    def matching(self, pattern: Path) -> tuple[list[Path], list[Path]]:
        """The files that a glob matches, and the files in the folders that it matches."""
        parts = pattern.parts
        first = next((at for at, part in enumerate(parts) if _WILD.search(part)), None)
        if first is None:
            return [], []
        hits = list(_match(Path(*parts[:first]), parts[first:], frozenset()))
        if not any(part.startswith("_") for part in parts[first:]):
            hits = [hit for hit in hits if self._is_finished(hit, first)]
        named = parts[-1].startswith(("_", "."))
        files = [hit for hit in hits if not hit.is_dir() and (named or self._is_data(hit))]
        return files, [file for hit in hits if hit.is_dir() for file in self.below(hit, named)]

    def drop_repeated(self, files: list[Path]) -> list[Path]:
        """Every file once, under its own name rather than a link's."""
        return [file for file in sorted(files, key=_real_first) if self._is_first(file)]

    def _is_finished(self, path: Path, first: int) -> bool:
        """False below a folder such as `_temporary`, which a `**` went through."""
        private = any(part.startswith("_") for part in path.parts[first:-1])
        if private:
            self.skipped.append(Skipped(path, "a folder above it has a name that begins with an underscore"))
        return not private

    def _is_data(self, path: Path) -> bool:
        # Whoever opens a named pipe waits until somebody writes.
        special = path.exists() and not path.is_file() and not path.is_dir()
        reason = "not a plain file" if special else "" if self._any_name else _find_reason(path.name)
        if reason:
            self.skipped.append(Skipped(path, reason))
        return not reason

    def _is_first(self, path: Path) -> bool:
        owner = self._seen.setdefault(os.path.realpath(path), path)
        if owner != path:
            self.skipped.append(Skipped(path, f"the same as {owner}"))
        return owner == path


def _match(folder: Path, parts: tuple[str, ...], above: frozenset[str]) -> Iterator[Path]:
    """What a glob matches below a folder, links after the rest; hidden names only where the glob says the dot."""
    head, *rest = parts
    real = os.path.realpath(folder)
    if not folder.is_dir() or real in above:
        return
    if head == "**" and not rest:
        yield folder
        return
    if head == "**":
        yield from _match(folder, tuple(rest), frozenset())
    for entry in _list(folder):
        if head == "**" and not entry.name.startswith("."):
            yield from _match(entry, parts, above | {real})
        elif fnmatch.fnmatchcase(entry.name, head) and entry.name.startswith(".") <= head.startswith("."):
            yield from _match(entry, tuple(rest), frozenset()) if rest else (entry,)


def _list(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir(), key=_real_first)
    except OSError as error:
        raise DataError(f"{folder}: the folder cannot be listed ({error.strerror})") from None


def _real_first(path: Path) -> tuple[bool, Path]:
    return path.is_symlink(), path


def _fixes_suffix(name: str) -> bool:
    tail = Path(name).suffix
    return bool(tail) and not _WILD.search(tail)


def _find_reason(name: str) -> str:
    if name.startswith("."):
        return "hidden"
    if name.startswith("_"):
        return "its name begins with an underscore"
    return "it tells of the data" if name.partition(".")[0].lower() in ABOUT else ""


def _choose(found: list[Path], format: RowFormat) -> tuple[list[Path], list[Skipped]]:
    for suffixes in SUFFIXES[format]:
        kept = [file for file in found if find_suffix(file) in suffixes]
        if kept:
            rest = [file for file in found if find_suffix(file) not in suffixes]
            known = " ".join(sorted(suffixes)) if suffixes != NO_SUFFIX else "no suffix"
            return kept, [Skipped(file, f"not {known}, as the {format} files beside it") for file in rest]
    allowed = " ".join(sorted(suffix for group in SUFFIXES[format] for suffix in group if suffix))
    return [], [Skipped(file, f"no file of format {format}: {allowed}") for file in found]
