"""The user's own files that a params section names, so that editing one makes its stage stale."""

import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from components.base.errors import ParamsError
from components.base.files import read_json, write_json
from components.base.hashing import hash_data, hash_file
from components.base.yaml import read_yaml

PATH_KEYS = ("path", "paths", "file", "files", "folder", "task", "tasks")
PAGE_SUFFIXES = frozenset({".yaml", ".yml"})


class FileHashes:
    """Hashes of large files, kept from run to run: a file is read again when its size or time differs."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._known: dict[str, list[Any]] = read_json(store) if store.exists() else {}
        self._used: dict[str, list[Any]] = {}

    def hash(self, path: Path) -> str:
        """Hex SHA-256 of one file."""
        facts = path.stat()
        key, stamp = str(path.resolve()), [facts.st_size, facts.st_mtime_ns, facts.st_ino]
        known = self._known.get(key, [])
        self._used[key] = known if known[:3] == stamp else [*stamp, hash_file(path)]
        return str(self._used[key][3])

    def save(self) -> None:
        """Keep what was used."""
        if self._used != self._known:
            write_json(self._store, self._used)


def hash_named_files(section: Any, root: Path, hashes: FileHashes) -> dict[str, str]:
    """Name and hash of everything outside the params that a section points at.

    A value under a key whose last word is in PATH_KEYS counts when such a file or folder exists
    (a missing one is for the stage to refuse); a YAML page is searched for paths in its turn. The
    interpreter's version stands for the library that the source `python_stdlib` reads.
    """
    found: dict[str, str] = {}
    for text in _named_paths(section):
        for path in _expand(text, root):
            if text not in found:
                found[text] = ""
            found[text] = hash_data([found[text], _hash_path(path, hashes)])
            if path.suffix in PAGE_SUFFIXES and path.is_file():
                found.update(hash_named_files(_read_page(path), root, hashes))
    if "python_stdlib" in _kinds(section):
        found["(the interpreter's library)"] = platform.python_version()
    return dict(sorted(found.items()))


def _named_paths(value: Any, named: bool = False) -> Iterator[str]:
    match value:
        case str() if named:
            yield value
        case dict():
            for key, item in value.items():
                yield from _named_paths(item, str(key).rpartition("_")[2] in PATH_KEYS)
        case list():
            for item in value:
                yield from _named_paths(item, named)


def _kinds(value: Any) -> set[str]:
    match value:
        case dict():
            below = [_kinds(item) for item in value.values()]
            return {str(value.get("kind", ""))}.union(*below)
        case list():
            return set().union(*(_kinds(item) for item in value))
        case _:
            return set()


def _expand(text: str, root: Path) -> list[Path]:
    """The files a path or a glob means, relative to the root."""
    if any(mark in text for mark in "*?["):
        anchor = Path(Path(text).anchor)
        return sorted((root / anchor).glob(str(Path(text).relative_to(anchor))))
    path = root / text
    return [path] if text and path.exists() else []


def _hash_path(path: Path, hashes: FileHashes) -> str:
    if path.is_file():
        return hashes.hash(path)
    files = sorted(item for item in path.rglob("*") if item.is_file())
    return hash_data([[item.relative_to(path).as_posix(), hashes.hash(item)] for item in files])


def _read_page(path: Path) -> Any:
    try:
        return read_yaml(path)
    except ParamsError:
        return None
