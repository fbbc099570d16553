import platform
from pathlib import Path
from typing import Any

import pytest

from components.base.errors import PipelineError
from components.base.fingerprint import SourceTree, find_targets, fingerprint


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    write(tmp_path, "room/__init__.py", "")
    write(tmp_path, "room/stage.py", "from room.part import act\n")
    write(tmp_path, "room/part.py", '"""Doc."""\ndef act():\n    """Doc."""\n    return 1\n')
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def closure(root: Path, entry: str = "room.stage") -> set[str]:
    return set(SourceTree(root).closure([entry]))


def facts(root: Path, entry: str = "room.stage") -> dict[str, Any]:
    return fingerprint(SourceTree(root), [entry])


@pytest.mark.parametrize(
    "text",
    [
        "import room.part",
        "from room import part",
        "from room.part import act",
        "from . import part",
        "from .part import act",
        "def late():\n    from room.part import act\n",
        "TARGET = 'room.part:act'",
        "MODULE = 'room.part'",
    ],
)
def test_every_way_to_name_a_module_is_followed(tree: Path, text: str) -> None:
    write(tree, "room/stage.py", text)
    assert closure(tree) == {"room", "room.stage", "room.part"}


def test_a_module_nobody_names_does_not_count(tree: Path) -> None:
    write(tree, "room/other.py", "")
    assert closure(tree) == {"room", "room.stage", "room.part"}


def test_what_a_package_s_init_imports_counts(tree: Path) -> None:
    write(tree, "low/__init__.py", "from . import deep")
    write(tree, "low/deep.py", "")
    write(tree, "low/leaf.py", "")
    write(tree, "room/stage.py", "import low.leaf")
    assert closure(tree) == {"room", "room.stage", "low", "low.deep", "low.leaf"}


def test_comments_docstrings_and_layout_do_not_count(tree: Path) -> None:
    before = facts(tree)
    write(tree, "room/part.py", "# a comment\ndef act( ):\n\n    return (1)\n")
    assert facts(tree) == before


def test_a_changed_value_counts(tree: Path) -> None:
    before = facts(tree)
    write(tree, "room/part.py", "def act():\n    return 2\n")
    assert facts(tree) != before


def test_a_string_that_is_used_is_no_docstring(tree: Path) -> None:
    write(tree, "room/part.py", "def act():\n    return 'one'\n")
    before = facts(tree)
    write(tree, "room/part.py", "def act():\n    return 'two'\n")
    assert facts(tree) != before


def test_a_template_beside_the_module_counts(tree: Path) -> None:
    write(tree, "room/page.html", "<p>")
    write(tree, "room/tasks/sums.yaml", "rows: x")
    assert set(facts(tree)["files"]) == {"room/page.html", "room/tasks/sums.yaml"}


def test_libraries_count_by_their_version(tree: Path) -> None:
    write(tree, "room/part.py", "import json\nimport pytest\nfrom ruamel.yaml import YAML\nimport no_such_thing\n")
    found = facts(tree)
    assert found["distributions"] == {
        "no_such_thing": "absent",
        "pytest": pytest.__version__,
        "ruamel.yaml": found["distributions"]["ruamel.yaml"],
    }
    assert platform.python_version().startswith(found["python"])


def test_a_syntax_error_names_file_and_line(tree: Path) -> None:
    write(tree, "room/part.py", "x = 1\ndef (\n")
    with pytest.raises(PipelineError, match=r"part\.py:2: "):
        facts(tree)


def test_targets_are_found_at_any_depth() -> None:
    section = {"kind": "external", "target": "mine.parts:build", "list": [{"reward": "other:score"}], "ratio": "1:2"}
    assert find_targets(section) == ["mine.parts", "other"]
