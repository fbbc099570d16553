"""What a stage's result depends on besides its params and inputs: code, libraries, the user's files.

A fingerprint covers the static import closure of one module: every own module it can reach, as a
normalised syntax tree, so that a comment, a docstring or a reformat changes nothing; the files that
lie beside those modules (templates, task pages); the versions of the third-party distributions they
import. An import whose name is computed at run time cannot be seen.
"""

import ast
import hashlib
import platform
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from components.base.errors import PipelineError
from components.base.hashing import hash_file

DOTTED_TARGET = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*(:[A-Za-z_]\w*)?")
SKIPPED_FILES = frozenset({"py.typed"})


Mention = tuple[tuple[str, ...], bool]
"""The modules that one statement may mean, and whether it is an import or just a string."""


@dataclass(frozen=True)
class Module:
    """One own source file: where it lies, the hash of what it does, and what it names."""

    path: Path
    sha256: str
    imports: frozenset[str]
    """Own modules."""
    foreign: frozenset[str]
    """Top-level names of packages that are neither own nor Python's."""


class SourceTree:
    """The own modules below one root folder, each read once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._modules: dict[str, Module] = {}
        self._located: dict[str, Path | None] = {}

    def locate(self, name: str) -> Path | None:
        """The file of an own module or package, None when the name is not own."""
        if name not in self._located:
            base = self.root.joinpath(*name.split("."))
            choices = (base.with_suffix(".py"), base / "__init__.py")
            self._located[name] = next((path for path in choices if path.is_file()), None)
        return self._located[name]

    def closure(self, entries: Iterable[str]) -> dict[str, Module]:
        """Every own module reachable from the entries, imports inside functions included."""
        found: dict[str, Module] = {}
        waiting = [name for entry in entries for name in self._with_packages(entry)]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = self._read(name)
                waiting.extend(found[name].imports)
        return dict(sorted(found.items()))

    def files_beside(self, modules: Iterable[Module]) -> dict[str, str]:
        """Path and hash of every file in the modules' folders that is no Python source."""
        folders = {module.path.parent for module in modules} - {self.root}
        files = sorted(path for folder in folders for path in _data_files(folder))
        return {path.relative_to(self.root).as_posix(): hash_file(path) for path in files}

    def distributions(self, names: Iterable[str]) -> dict[str, str]:
        """Name and version of every third-party distribution that provides one of these packages."""
        providers = {name: _providers().get(name, []) for name in names}
        absent = {name: "absent" for name, dists in providers.items() if not dists}
        present = {dist: _public_version(dist) for dists in providers.values() for dist in dists}
        return dict(sorted({**absent, **present}.items()))

    def _read(self, name: str) -> Module:
        if name not in self._modules:
            path = self.locate(name)
            assert path is not None
            self._modules[name] = self._parse(name, path)
        return self._modules[name]

    def _parse(self, name: str, path: Path) -> Module:
        package = name if path.name == "__init__.py" else name.rpartition(".")[0]
        sha256, mentions = _analyse(path.read_bytes(), package, str(path))
        own: set[str] = set()
        foreign: set[str] = set()
        for names, is_import in mentions:
            located = {part for name in names for part in self._with_packages(name)}
            own |= located
            if is_import and not located:
                foreign.add(names[0].partition(".")[0])
        return Module(path, sha256, frozenset(own), frozenset(foreign - sys.stdlib_module_names))

    def _with_packages(self, name: str) -> list[str]:
        """A module and the packages above it, as far as they are own: importing one runs them all."""
        parts = name.split(".")
        names = [".".join(parts[: length + 1]) for length in range(len(parts))]
        return [name for name in names if self.locate(name)]


def fingerprint(tree: SourceTree, entries: Sequence[str]) -> dict[str, Any]:
    """Everything but params and inputs that the entry modules' result depends on, ready for JSON."""
    modules = tree.closure(entries)
    foreign = {name for module in modules.values() for name in module.foreign}
    foreign |= {entry.partition(".")[0] for entry in entries if entry not in modules}
    return {
        "python": ".".join(platform.python_version_tuple()[:2]),
        "modules": {name: module.sha256 for name, module in modules.items()},
        "files": tree.files_beside(modules.values()),
        "distributions": tree.distributions(foreign),
    }


def find_targets(value: Any) -> list[str]:
    """The modules of all `package.module:function` strings in plain data, sorted."""
    match value:
        case str() if ":" in value and DOTTED_TARGET.fullmatch(value):
            return [value.partition(":")[0]]
        case dict() | list():
            items = value.values() if isinstance(value, dict) else value
            return sorted({target for item in items for target in find_targets(item)})
        case _:
            return []


@cache
def _analyse(source: bytes, package: str, where: str) -> tuple[str, tuple[Mention, ...]]:
    """The hash of what a file does, and every mention of a module in it."""
    try:
        tree = _drop_docstrings(ast.parse(source, filename=where))
    except SyntaxError as error:
        raise PipelineError(f"{where}:{error.lineno}: {error.msg}") from None
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest(), tuple(_find_mentions(tree, package))


def _find_mentions(tree: ast.Module, package: str) -> Iterator[Mention]:
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                for alias in node.names:
                    yield (alias.name,), True
            case ast.ImportFrom():
                base = _absolute(node, package)
                yield (base, *(f"{base}.{alias.name}" for alias in node.names)), True
            case ast.Constant(value=str() as text) if "." in text and DOTTED_TARGET.fullmatch(text):
                yield (text.partition(":")[0],), False


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if node.level == 0:
        return node.module or ""
    parts = package.split(".")
    above = parts[: len(parts) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])


def _drop_docstrings(tree: ast.Module) -> ast.Module:
    """Remove every statement that is a bare string: it documents, it does nothing."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            body[:] = [line for line in body if not _is_bare_string(line)]
    return tree


def _is_bare_string(node: ast.AST) -> bool:
    match node:
        case ast.Expr(value=ast.Constant(value=str())):
            return True
        case _:
            return False


def _data_files(folder: Path) -> Iterator[Path]:
    """Files of one package folder and of its sub-folders that hold no Python."""
    for path in folder.iterdir():
        if path.name.startswith((".", "__")) or path.name in SKIPPED_FILES:
            continue
        if path.is_dir() and next(path.rglob("*.py"), None) is None:
            yield from _data_files(path)
        elif path.is_file() and path.suffix != ".py":
            yield path


@cache
def _providers() -> Mapping[str, list[str]]:
    """Which installed distributions provide a top-level package."""
    return metadata.packages_distributions()


@cache
def _public_version(distribution: str) -> str:
    """Without the local part: a CPU and a CUDA build of one release count as the same."""
    return metadata.version(distribution).partition("+")[0]
