"""A room's doorplate says what it is, where it stands, what it may import, and what it must not know."""

import ast
import re
from pathlib import Path

import pytest

from tests.contracts.source import ROOT, floors, imported_modules, parse, source_files

FORM = re.compile(
    r"(?P<what>[^\n]+(?:\n[^\n]+)?)\n\n"
    r"Floor (?P<floor>\d)\. May import: (?P<may>[^.]+)\.\n"
    r"Must not know: (?P<must_not>.+)\.",
    flags=re.DOTALL,
)
ROOMS = sorted(path.parent.name for path in (ROOT / "components").glob("*/__init__.py"))


def read_doorplate(room: str) -> re.Match[str]:
    text = ast.get_docstring(parse(ROOT / "components" / room / "__init__.py")) or ""
    found = FORM.fullmatch(text)
    assert found, f"components/{room}/__init__.py: the doorplate has another form: {text!r}"
    return found


def rooms_imported_by(room: str) -> set[str]:
    modules = {name for path in source_files(f"components/{room}") for name in imported_modules(path)}
    return {name.split(".")[1] for name in modules if name.startswith("components.")} - {room}


@pytest.mark.parametrize("room", ROOMS)
def test_a_doorplate_names_the_floor_that_is_watched(room: str) -> None:
    number = next(len(floors()) - 1 - height for height, floor in enumerate(floors()) if room in floor)
    assert int(read_doorplate(room)["floor"]) == number


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_what_its_doorplate_allows(room: str) -> None:
    allowed = set(re.findall(r"\w+", read_doorplate(room)["may"])) - {"nothing"}
    assert allowed <= set(ROOMS), "a doorplate names rooms"
    assert rooms_imported_by(room) <= allowed


@pytest.mark.parametrize("room", ROOMS)
def test_a_doorplate_allows_nothing_that_is_not_used(room: str) -> None:
    allowed = set(re.findall(r"\w+", read_doorplate(room)["may"])) - {"nothing"}
    assert allowed <= rooms_imported_by(room)


def test_the_page_of_the_architecture_shows_every_room() -> None:
    page = Path(ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert [room for room in ROOMS if f"`{room}`" not in page] == []
