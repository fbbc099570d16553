"""An edited helper makes exactly its users stale; an edited comment makes none stale."""

import random
import re
from pathlib import Path
from typing import Any

import pytest

from components.base.fingerprint import SourceTree
from components.base.named_files import FileHashes
from components.base.yaml import read_yaml
from pipelines.code import fingerprint_stages
from tests.contracts.source import ROOT, imported_modules, source_files, stage_names
from tests.trees import copy_tree

Fingerprints = dict[str, dict[str, Any]]
STAGES = stage_names()
PARAMS = read_yaml(ROOT / "params.yaml")
CODE_EDIT = "\n_ADDED_BY_THE_TEST = 1\n"
WORD_EDIT = '\n# a comment\n"""a bare string"""\n'


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_tree(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="module")
def before(tree: Path) -> Fingerprints:
    return fingerprints(tree)


def fingerprints(tree: Path) -> Fingerprints:
    return fingerprint_stages(tree, PARAMS, FileHashes(tree / "hashes.json"))


def edited(tree: Path, before: Fingerprints, module: str, text: str) -> set[str]:
    """The stages whose fingerprint changes when the text is added to the module."""
    path = SourceTree(tree).locate(module)
    assert path is not None
    original = path.read_text(encoding="utf-8")
    path.write_text(original + text, encoding="utf-8")
    try:
        after = fingerprints(tree)
    finally:
        path.write_text(original, encoding="utf-8")
    return {stage for stage in STAGES if before[stage] != after[stage]}


def users(tree: Path, module: str) -> set[str]:
    source = SourceTree(tree)
    return {stage for stage in STAGES if module in source.closure([f"pipelines.{stage}"])}


def one_module_per_room() -> list[str]:
    """A seeded choice, so that the test is quick and every room is in it."""
    draw = random.Random(0)
    rooms = sorted(path.parent for path in (ROOT / "components").glob("*/__init__.py"))
    chosen = [draw.choice(sorted(room.glob("[a-z]*.py"))) for room in rooms]
    return [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in chosen]


@pytest.mark.parametrize("module", one_module_per_room())
def test_an_edited_module_changes_its_users_alone(tree: Path, before: Fingerprints, module: str) -> None:
    assert edited(tree, before, module, CODE_EDIT) == users(tree, module)


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_s_own_file_changes_that_stage_alone(tree: Path, before: Fingerprints, stage: str) -> None:
    assert edited(tree, before, f"pipelines.{stage}", CODE_EDIT) == {stage}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_s_room_is_nobody_else_s(tree: Path, before: Fingerprints, stage: str) -> None:
    assert edited(tree, before, f"components.{stage}.config", CODE_EDIT) == {stage}


def test_the_floor_below_all_changes_all(tree: Path, before: Fingerprints) -> None:
    assert edited(tree, before, "components.base.files", CODE_EDIT) == set(STAGES)


@pytest.mark.parametrize("module", ["components.base.files", "components.runtime.launch", "pipelines.corpus"])
def test_a_comment_or_a_docstring_changes_nothing(tree: Path, before: Fingerprints, module: str) -> None:
    assert edited(tree, before, module, WORD_EDIT) == set()


def test_every_module_of_every_room_serves_some_stage_or_a_verb(tree: Path) -> None:
    """A module outside every closure is dead code, or reached by a name that the fingerprint cannot see."""
    source = SourceTree(tree)
    benches = [name for path in source_files("tests/bench") for name in imported_modules(path)]
    verbs = re.findall(r"-m (components[\w.]*)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    entries = [*(f"pipelines.{stage}" for stage in STAGES), "pipelines.__main__", *benches]
    entries += [name for verb in verbs for name in (verb, f"{verb}.__main__")]
    reached = {module.path for module in source.closure(entries).values()}
    every = set(tree.glob("components/**/*.py"))
    assert {str(path.relative_to(tree)) for path in every - reached} == set()
