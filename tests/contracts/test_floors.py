"""Every room stands on a floor that import-linter watches."""

import tomllib

from tests.contracts.source import ROOT, stage_names

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]


def floors() -> list[list[str]]:
    layers = next(contract for contract in CONTRACTS if contract["type"] == "layers")["layers"]
    return [[room.strip() for room in layer.split("|")] for layer in layers]


def test_every_room_has_a_floor() -> None:
    rooms = {path.parent.name for path in (ROOT / "components").glob("*/__init__.py")}
    assert {room for floor in floors() for room in floor} == rooms


def test_the_top_floor_is_the_stages() -> None:
    assert set(floors()[0]) == set(stage_names())
