"""The YAML of a task page, its includes merged: YAML 1.1 as lm-eval reads it, and nothing of it run."""

import importlib.util
import sys
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MantissaNoDotYAML1_1Warning, YAMLError
from ruamel.yaml.nodes import ScalarNode

from components.base.errors import ParamsError

LONGEST_PAGE_BYTES = 1 << 20
MOST_VALUES = 100_000
"""Values of a page, those that it names again counted again."""
DEEPEST = 40
"""Levels of a page."""


def read_page(path: Path, *, allow_code: bool = False) -> dict[str, Any]:
    """A page's keys, those of its includes below its own. Raises ParamsError that names file and line."""
    return _read(path, allow_code, ())


def _read(path: Path, allow_code: bool, opened: tuple[Path, ...]) -> dict[str, Any]:
    resolved = path.resolve()
    if resolved in opened:
        raise ParamsError(f"{path}: it includes itself, by way of {', '.join(str(p) for p in opened)}")
    page = _parse(path, allow_code)
    merged: dict[str, Any] = {}
    for name in _list_includes(page.pop("include", []), path):
        included = _read(path.parent / name, allow_code, (*opened, resolved))
        included.pop("task_list", None)
        merged.update(included)
    return {**merged, **page}


def _list_includes(value: Any, path: Path) -> list[str]:
    names = value if isinstance(value, list) else [value]
    if not all(isinstance(name, str) for name in names):
        raise ParamsError(f"{path}: include: a file's name or a list of them, got {value!r}")
    return names


def _parse(path: Path, allow_code: bool) -> dict[str, Any]:
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 1)
    yaml.Constructor = _make_constructor(path, allow_code)
    try:
        if (size := path.stat().st_size) > LONGEST_PAGE_BYTES:
            raise ParamsError(f"{path}: a page of {size:,} bytes, at most {LONGEST_PAGE_BYTES:,}")
        with warnings.catch_warnings():
            # 1e-4 is a number here and a text in YAML 1.1: whoever wants a number of it gets it either way.
            warnings.simplefilter("ignore", MantissaNoDotYAML1_1Warning)
            page = yaml.load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path}: the file is missing") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ParamsError(f"{path}: not readable as UTF-8 text ({error})") from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        raise ParamsError(f"{where}: not valid YAML: {problem}") from None
    except (RecursionError, ValueError) as error:  # nested without end, or a number or date that is none
        raise ParamsError(f"{path}: not valid YAML: {' '.join(str(error).split())[:200]}") from None
    if not isinstance(page, dict) or not all(isinstance(key, str) for key in page):
        raise ParamsError(f"{path}: a page is a mapping of keys to values, got {type(page).__name__}")
    _count(page, path, MOST_VALUES, 0)
    return page


def _count(value: Any, path: Path, left: int, depth: int) -> int:
    """How many values may still come; a page may name one value a thousand times, and that one others."""
    if left <= 0 or depth > DEEPEST:
        raise ParamsError(f"{path}: a page of more than {MOST_VALUES:,} values or {DEEPEST} levels")
    items: Iterable[Any] = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in items:
        left = _count(item, path, left, depth + 1)
    return left - 1


def _make_constructor(path: Path, allow_code: bool) -> type[SafeConstructor]:
    class Constructor(SafeConstructor):
        """Knows one tag more than YAML has: `!function`."""

    def load(_: SafeConstructor, node: ScalarNode) -> Callable[..., Any]:
        where = f"{path}:{node.start_mark.line + 1}"
        if not isinstance(node.value, str):
            raise ParamsError(f"{where}: !function names module.function")
        if not allow_code:
            raise ParamsError(
                f"{where}: !function {node.value}: a page's own code is not run; where you trust it, say allow_code"
            )
        return load_function(node.value, path.parent, where)

    Constructor.add_constructor("!function", load)
    return Constructor


def load_function(name: str, folder: Path, where: str) -> Callable[..., Any]:
    """`module.function` of a module beside the page, or of an installed one. Runs that module."""
    module_name, _, attribute = name.rpartition(".")
    file = (folder / f"{module_name.replace('.', '/')}.py").resolve()
    try:
        if file.is_file():
            spec = importlib.util.spec_from_file_location(f"_harness_page_{file.stem}", file)
            assert spec and spec.loader
            module = importlib.util.module_from_spec(spec)
            sys.modules[spec.name] = module
            spec.loader.exec_module(module)
        else:
            module = importlib.import_module(module_name)
        found: Callable[..., Any] = getattr(module, attribute)
    except Exception as error:  # whatever the module raises
        raise ParamsError(f"{where}: !function {name} cannot be had ({type(error).__name__}: {error})") from None
    return found
