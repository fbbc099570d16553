"""What the contract tests read: the tree's source, its graph and its params, without running any of it."""

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from components.base.yaml import read_yaml

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("components", "pipelines")
OWN_ARGUMENTS = ("cfg", "shared", "out")
UNSTAGED = frozenset(
    {"ablate", "code", "compatibility", "describe", "graph", "__init__", "__main__", "param_tree", "params"}
    | {
        "experiments",
        "memory",
        "memory_of_stages",
        "recipe",
        "recipe_run",
        "relevance",
        "remedies",
        "repro",
        "room",
        "runner",
        "schema",
        "seeds",
        "target_paths",
        "task_names",
    }
)
"""Files of `pipelines/` that are no stage with a room of its own."""


@cache
def parse(path: Path) -> ast.Module:
    """A file's syntax tree, parsed once for all tests."""
    return ast.parse(path.read_bytes(), filename=str(path))


def source_files(*folders: str) -> list[Path]:
    """All Python files below the folders."""
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def floors() -> list[list[str]]:
    """The rooms of each floor that import-linter watches, the top floor first."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(contract for contract in contracts if contract["type"] == "layers")["layers"]
    return [[room.strip() for room in layer.split("|")] for layer in layers]


@cache
def graph() -> dict[str, dict[str, Any]]:
    """The stages of dvc.yaml."""
    stages: dict[str, dict[str, Any]] = read_yaml(ROOT / "dvc.yaml")["stages"]
    return stages


def stage_names() -> list[str]:
    """The stages that have a room: all but `code`."""
    return [name for name in graph() if name != "code"]


def upstream_of(stage: str) -> list[str]:
    """The artifacts that `pipelines/<stage>.py` says it reads: the arguments of its `run`."""
    body = parse(ROOT / "pipelines" / f"{stage}.py").body
    run = next(node for node in body if isinstance(node, ast.FunctionDef) and node.name == "run")
    names = [argument.arg for argument in (*run.args.args, *run.args.kwonlyargs)]
    return [name for name in names if name not in OWN_ARGUMENTS]


@cache
def imported_modules(path: Path) -> frozenset[str]:
    """Every absolute module name a file imports, anywhere in it."""
    return frozenset(_find_imports(parse(path)))


def _find_imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
