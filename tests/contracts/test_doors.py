"""Each foreign API has one door, so that its next break is mended in one file."""

import re
from pathlib import Path

import pytest

from tests.contracts.source import PACKAGES, ROOT, imported_modules, source_files


def imports(path: Path, module: str) -> bool:
    return any(name == module or name.startswith(f"{module}.") for name in imported_modules(path))


def users(module: str) -> set[Path]:
    return {path.relative_to(ROOT) for path in source_files(*PACKAGES) if imports(path, module)}


def test_only_doors_import_trl() -> None:
    assert users("trl"), "nobody imports trl: this test looks at the wrong tree"
    assert {path for path in users("trl") if not path.name.endswith("_door.py")} == set()


@pytest.mark.parametrize(("module", "room"), [("ray.train", "runtime"), ("ray.serve", "serve")])
def test_a_part_of_ray_is_imported_by_its_own_room_alone(module: str, room: str) -> None:
    assert users(module), f"nobody imports {module}: this test looks at the wrong tree"
    assert {path for path in users(module) if path.parts[:2] != ("components", room)} == set()


def test_the_generator_of_problems_is_known_to_the_run_s_tasks_alone() -> None:
    inside = {path.relative_to(ROOT) for path in source_files("components/tasks/word_problems")}
    known = users("components.tasks.word_problems")
    assert known - inside == {Path("components/tasks/run_tasks.py")}


@pytest.mark.parametrize("path", source_files(*PACKAGES), ids=lambda path: path.name)
def test_nobody_else_speaks_of_problems_where_a_task_s_own_name_would_do(path: Path) -> None:
    name = path.relative_to(ROOT)
    if name.parts[:2] != ("components", "tasks"):
        assert not re.search(r"word.?problem|WordProblem", path.read_text(encoding="utf-8"), re.IGNORECASE), name
