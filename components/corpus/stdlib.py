"""Documents from the interpreter's own library: docstrings, help topics, source."""

import ast
import inspect
import os
import sysconfig
import warnings
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from components.base.rng import draw_uniform
from components.corpus.documents import Document

Part = Literal["docstrings", "topics", "code"]
SKIPPED = frozenset({"test", "tests", "site-packages", "dist-packages", "__pycache__", "idle_test", "pydoc_data"})
_SECTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")
"""Fields that hold statements, or parts of a statement that do."""
_DOCUMENTED = (ast.Module, *_SECTIONS)


def read_stdlib(part: Part, source: str) -> Iterator[Document]:
    """All documents of a part, in an order that a hash of their names gives."""
    match part:
        case "topics":
            yield from _read_topics(source)
        case "docstrings":
            for name, tree, _ in _read_modules(part):
                text = "\n\n".join(_docstrings(tree))
                if text:
                    yield Document(source, f"{part}:{name}", text, "prose")
        case "code":
            for name, tree, lines in _read_modules(part):
                yield from _cut_code(source, name, tree, lines)


def _read_topics(source: str) -> Iterator[Document]:
    from pydoc_data.topics import topics

    for name in sorted(topics, key=lambda n: draw_uniform("topics", n)):
        yield Document(source, f"topics:{name}", topics[name].strip(), "prose")


def _read_modules(part: Part) -> Iterator[tuple[str, ast.Module, list[str]]]:
    root = Path(sysconfig.get_path("stdlib"))
    for name in sorted(_list_modules(root), key=lambda n: draw_uniform(part, n.as_posix())):
        parsed = _parse(root / name)
        if parsed:
            yield name.as_posix(), *parsed


def _list_modules(root: Path) -> Iterator[Path]:
    """Modules of the library proper, relative to it; what is installed beside it is not even listed."""
    for folder, below, files in os.walk(root):
        below[:] = [name for name in below if name not in SKIPPED]
        yield from (Path(folder, name).relative_to(root) for name in files if name.endswith(".py"))


def _parse(path: Path) -> tuple[ast.Module, list[str]] | None:
    """None for the few files that are broken on purpose."""
    try:
        text = path.read_text(encoding="utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text), text.splitlines()
    except (SyntaxError, ValueError):
        return None


def _docstrings(tree: ast.Module) -> Iterator[str]:
    for node in _walk_statements(tree):
        if isinstance(node, _DOCUMENTED):
            text = ast.get_docstring(node, clean=False)
            if text and text.strip():
                yield inspect.cleandoc(text).strip()


def _walk_statements(tree: ast.Module) -> Iterator[ast.AST]:
    """As `ast.walk` does, but not into expressions, which hold most nodes and no definition."""
    left: deque[ast.AST] = deque([tree])
    while left:
        node = left.popleft()
        for name in _BLOCKS:
            left.extend(getattr(node, name, ()))
        yield node


def _cut_code(source: str, name: str, tree: ast.Module, lines: list[str]) -> Iterator[Document]:
    """One document per top-level function or class, decorators and all."""
    for node in tree.body:
        if isinstance(node, _SECTIONS):
            start = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            text = "\n".join(lines[start - 1 : node.end_lineno])
            yield Document(source, f"code:{name}:{node.name}:{start}", text, "code")
