"""Curves and the picture of the graph."""

import math
from pathlib import Path
from xml.etree import ElementTree

import pytest

from components.report.graph_svg import GIVES, Note, draw_graph
from components.report.run_record import read_points, smooth

PICTURE = Path(__file__).parents[3] / "infra" / "graph.svg"


def test_smoothing_keeps_a_level_and_does_not_lag() -> None:
    level = [(float(step), 2.0) for step in range(30)]
    assert all(math.isclose(value, 2.0) for _, value in smooth(level, 0.9))
    ramp = [(float(step), float(step)) for step in range(101)]
    assert smooth(ramp, 0.8)[50][1] == pytest.approx(50.0, abs=1e-3)


def test_empty_and_infinite_cells_are_left_out() -> None:
    rows = [{"step": "1", "x": ""}, {"step": "2", "x": "inf"}, {"step": "3", "x": "0.5"}]
    assert read_points(rows, "x") == [(3.0, 0.5)]


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_road_shows_every_station_and_its_figure(layout: str) -> None:
    notes = {name: Note(f"<{name}>", "c") for name in GIVES}
    svg = ElementTree.fromstring(draw_graph(notes, "wide" if layout == "wide" else "tall"))
    shown = {element.text for element in svg.iter() if element.text}
    expected = set(GIVES) - ({"code"} if layout == "tall" else set())
    assert expected <= shown
    assert {f"<{name}>" for name in expected} <= shown


def test_picture_in_the_readme_is_the_one_the_code_draws() -> None:
    drawn = str(draw_graph({}, standalone=True)) + "\n"
    module = "components.report.graph_svg"
    how = f"from pathlib import Path; from {module} import write_graph; write_graph(Path('infra/graph.svg'))"
    assert PICTURE.read_text(encoding="utf-8") == drawn, f'stale: python -c "{how}"'
