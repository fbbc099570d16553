"""A file fits in a reader's head."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.contracts.source import PACKAGES, ROOT, parse, source_files

LONGEST_FILE_LINES = 300
LONGEST_FUNCTION_LINES = 60
LONGEST_STAGE_LINES = 40
VAGUE_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield node.name, node.end_lineno - node.lineno + 1


def test_no_file_is_longer_than_300_lines() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in source_files(*PACKAGES, "tests")
    }
    assert {path: n for path, n in lengths.items() if n > LONGEST_FILE_LINES} == {}


def test_no_function_is_longer_than_60_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{name} has {length} lines"
        for path in source_files(*PACKAGES, "tests")
        for name, length in functions(path)
        if length > LONGEST_FUNCTION_LINES
    ]
    assert long == []


def test_a_stage_reads_top_to_bottom_without_branches_or_loops() -> None:
    for path in source_files("pipelines"):
        for node in parse(path).body:
            if path.stem != "code" and isinstance(node, ast.FunctionDef) and node.name == "run":
                assert node.end_lineno is not None
                assert node.end_lineno - node.lineno + 1 <= LONGEST_STAGE_LINES, path
                turns = [n for n in ast.walk(node) if isinstance(n, ast.If | ast.For | ast.While | ast.Match)]
                assert turns == [], f"{path}:{turns[0].lineno}"


def test_no_module_has_a_name_that_says_nothing() -> None:
    named = {path.stem for path in source_files(*PACKAGES)} | {p.parent.name for p in source_files(*PACKAGES)}
    assert named & VAGUE_NAMES == set()
