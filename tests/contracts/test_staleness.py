"""Every leaf of params.yaml makes exactly the right stages stale, by DVC's own word."""

import contextlib
import copy
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dvc.dependency.param
import pytest
from dvc.dependency.base import Dependency
from dvc.dependency.param import ParamsDependency
from dvc.repo import Repo
from dvc.stage import Stage

from components.base.yaml import read_yaml
from tests.contracts.source import ROOT, graph, stage_names

Leaf = tuple[str | int, ...]
STAGES = stage_names()
PARAMS = read_yaml(ROOT / "params.yaml")


def leaves(value: Any, path: Leaf = ()) -> Iterator[Leaf]:
    items: Iterator[tuple[str | int, Any]]
    match value:
        case dict() if value:
            items = iter(value.items())
        case list() if value:
            items = iter(enumerate(value))
        case _:
            yield path
            return
    for key, item in items:
        yield from leaves(item, (*path, key))


def flipped(value: Any) -> Any:
    """Another value of whatever kind: DVC compares, it does not interpret."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return value + "_"
        case _:
            return "flipped"


def flip(params: dict[str, Any], leaf: Leaf) -> dict[str, Any]:
    """A copy with one leaf changed."""
    changed = copy.deepcopy(params)
    *above, last = leaf
    parent: Any = changed
    for key in above:
        parent = parent[key]
    parent[last] = flipped(parent[last])
    return changed


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory, params_in_memory: None) -> Iterator[Repo]:
    """A copy of the graph whose artifacts are stand-ins, recorded in dvc.lock as if every stage had run."""
    root = tmp_path_factory.mktemp("graph")
    for name in ("dvc.yaml", "params.yaml"):
        shutil.copy(ROOT / name, root / name)
    for stage in STAGES:
        (root / "artifacts" / stage).mkdir(parents=True)
        (root / "artifacts" / stage / "out.txt").write_text(stage)
        (root / "artifacts" / "records" / stage).mkdir(parents=True)
        (root / "artifacts" / "records" / stage / "record.json").write_text(stage)
        (root / "metrics").mkdir(exist_ok=True)
        (root / "metrics" / f"{stage}.json").write_text("{}")
        (root / "artifacts" / "code").mkdir(exist_ok=True)
        (root / "artifacts" / "code" / f"{stage}.json").write_text("{}")
    with contextlib.chdir(root), Repo.init(no_scm=True) as repo:
        repo.commit(force=True)
        yield repo


@pytest.fixture(scope="module", autouse=True)
def params_in_memory() -> Iterator[None]:
    """DVC's own comparison over params that need no parsing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dvc.dependency.param, "load_path", lambda *_, **__: seal(PARAMS))
        yield


def seal(params: dict[str, Any]) -> dict[str, str]:
    """Each section as one string: stages depend on whole sections, and DVC walks deep mappings slowly."""
    return {section: json.dumps(value) for section, value in params.items()}


@pytest.fixture(scope="module")
def stages(repo: Repo) -> list[Stage]:
    return [stage for stage in repo.index.stages if stage.name != "code"]


def stale(stages: list[Stage], kind: type[Dependency] = Dependency) -> set[str]:
    """The stages of which DVC says that a dependency (of a kind) has changed."""
    return {stage.name for stage in stages for dep in stage.deps if isinstance(dep, kind) and dep.workspace_status()}


def test_an_untouched_graph_is_fresh(stages: list[Stage]) -> None:
    assert {stage.name for stage in stages} == set(STAGES)
    assert stale(stages) == set()


def test_each_leaf_makes_exactly_the_right_stages_stale(stages: list[Stage], monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = {}
    for leaf in leaves(PARAMS):
        changed = seal(flip(PARAMS, leaf))
        monkeypatch.setattr(dvc.dependency.param, "load_path", lambda *_, file=changed, **__: file)
        expected = set(STAGES) if leaf[0] == "shared" else {str(leaf[0])}
        if (found := stale(stages, ParamsDependency)) != expected:
            wrong[leaf] = found
    assert wrong == {}


@pytest.mark.parametrize("changed", ["code/sft.json", "sft/out.txt", "records/sft/record.json"])
def test_a_changed_file_makes_its_readers_stale(repo: Repo, stages: list[Stage], changed: str) -> None:
    path = Path(repo.root_dir) / "artifacts" / changed
    original = path.read_text()
    path.write_text("changed")
    found = stale(stages)
    path.write_text(original)
    above = changed if changed.startswith("code/") else str(Path(changed).parent)
    assert found == {name for name in STAGES if f"artifacts/{above}" in graph()[name]["deps"]} != set()
