"""The user's own files that a params section names, so that editing one makes its stage stale."""

import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from components.base.data_files import SUFFIXES, RowFormat, list_data_files
from components.base.errors import DataError, ParamsError
from components.base.files import read_json, write_json
from components.base.hashing import hash_data, hash_file
from components.base.yaml import read_yaml

PATH_KEYS = ("path", "paths", "file", "files", "folder", "task", "tasks", "dataset")
DATA_FOLDER = "data_folder"
"""Only where a page's paths begin: not all that lies there is the page's."""
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


def hash_named_files(
    section: Any, root: Path, hashes: FileHashes, *, beside: Path | None = None, data: Path | None = None
) -> dict[str, str]:
    """Name and hash of everything outside the params that a section points at.

    A value under a key whose last word is in PATH_KEYS counts when such a file or folder exists (a missing one is for
    the stage to refuse); a YAML page is searched for paths in its turn, of which those that begin with ./ lie in its
    own folder (`beside`), and others in the `data_folder` that stands beside the page's name (`data`). Beside
    a row format the files that a reader of it takes are hashed, no more and no fewer; without one, all that is there.
    The interpreter's version stands for the library that `python_stdlib` reads.
    """
    found: dict[str, str] = {}
    for text, format, folder in _named_paths(section):
        start = beside if beside is not None and text.startswith("./") else data or root
        files = _list_files(start / text, format) if text else ()
        if not files:
            continue
        name = _say(start / text, root)
        found[name] = hash_data([found.get(name, ""), *([_say(file, root), _hash(file, hashes)] for file in files)])
        for page in files if not (start / text).is_dir() else ():
            if page.suffix in PAGE_SUFFIXES:
                below = root / folder if folder else None
                found.update(hash_named_files(_read_page(page), root, hashes, beside=page.parent, data=below))
    if "python_stdlib" in _kinds(section):
        found["(the interpreter's library)"] = platform.python_version()
    return dict(sorted(found.items()))


def _named_paths(
    value: Any, named: bool = False, format: RowFormat | None = None, folder: str = ""
) -> Iterator[tuple[str, Any, str]]:
    """Each path with the row format and the folder of data that stand beside it."""
    match value:
        case str() if named:
            yield value, format, folder
        case dict():
            beside = [value[key] for key in ("format", "kind") if value.get(key) in list(SUFFIXES)]
            for key, item in value.items():
                own = str(key).rpartition("_")[2] in PATH_KEYS and key != DATA_FOLDER
                data = str(value.get(DATA_FOLDER, ""))
                yield from _named_paths(item, own, beside[0] if beside and own else None, data)
        case list():
            for item in value:
                yield from _named_paths(item, named, format, folder)


def _kinds(value: Any) -> set[str]:
    match value:
        case dict():
            below = [_kinds(item) for item in value.values()]
            return {str(value.get("kind", ""))}.union(*below)
        case list():
            return set().union(*(_kinds(item) for item in value))
        case _:
            return set()


def _list_files(path: Path, format: RowFormat | None) -> tuple[Path, ...]:
    try:
        return list_data_files(path, format).files
    except DataError:  # a folder that cannot be listed, which is for the stage to refuse
        return ()


def _say(file: Path, root: Path) -> str:
    return (file.relative_to(root) if file.is_relative_to(root) else file).as_posix()


def _hash(file: Path, hashes: FileHashes) -> str:
    return hashes.hash(file) if file.exists() else "a link to nothing"


def _read_page(path: Path) -> Any:
    try:
        return read_yaml(path)
    except ParamsError:
        return None
