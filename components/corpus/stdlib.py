"""Documents from the interpreter's own library: docstrings, help topics, source."""

import ast
import inspect
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from components.base.rng import draw_uniform
from components.corpus.documents import Document

Part = Literal["docstrings", "topics", "code"]
SKIPPED = frozenset({"test", "tests", "site-packages", "dist-packages", "__pycache__", "idle_test", "pydoc_data"})
_SECTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
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
    names = [p.relative_to(root) for p in root.rglob("*.py")]
    kept = [name for name in names if not SKIPPED.intersection(name.parts)]
    for name in sorted(kept, key=lambda n: draw_uniform(part, n.as_posix())):
        parsed = _parse(root / name)
        if parsed:
            yield name.as_posix(), *parsed


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
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED):
            text = ast.get_docstring(node, clean=False)
            if text and text.strip():
                yield inspect.cleandoc(text).strip()


def _cut_code(source: str, name: str, tree: ast.Module, lines: list[str]) -> Iterator[Document]:
    """One document per top-level function or class, decorators and all."""
    for node in tree.body:
        if isinstance(node, _SECTIONS):
            start = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            text = "\n".join(lines[start - 1 : node.end_lineno])
            yield Document(source, f"code:{name}:{node.name}:{start}", text, "code")
