"""Every room stands on a floor that import-linter watches."""

from tests.contracts.source import ROOT, floors, stage_names


def test_every_room_has_a_floor() -> None:
    rooms = {path.parent.name for path in (ROOT / "components").glob("*/__init__.py")}
    assert {room for floor in floors() for room in floor} == rooms


def test_the_top_floor_is_the_stages() -> None:
    assert set(floors()[0]) == set(stage_names())
