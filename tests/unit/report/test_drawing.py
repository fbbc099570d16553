"""Scales, ticks, curves and the picture of the road."""

import math
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.report.axes import Scale, choose_ticks
from components.report.plots import Interval, Line, draw_lines, draw_shares, thin_out
from components.report.road import GIVES, Note, draw_road
from components.report.story import read_points, smooth

PICTURE = Path(__file__).parents[3] / "infra" / "road.svg"
FINITE = st.floats(-1e9, 1e9)


@given(FINITE, FINITE)
def test_ticks_cover_the_data_and_are_few(a: float, b: float) -> None:
    low, high = min(a, b), max(a, b)
    ticks = choose_ticks(low, high)
    slack = 1e-6 * max(abs(low), abs(high), 1e-3)
    assert ticks[0] <= low + slack
    assert ticks[-1] >= high - slack
    assert 2 <= len(ticks) <= 7


def test_ticks_are_round() -> None:
    assert choose_ticks(0.0, 0.93) == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_scale_holds_outliers_inside_the_frame() -> None:
    scale = Scale(0.0, 1.0, 50.0, 150.0)
    assert [scale.place(value) for value in (-3.0, 0.5, 9.0)] == [50.0, 100.0, 150.0]


def test_thinning_keeps_every_spike() -> None:
    points = [(float(step), 1.0) for step in range(5000)]
    points[3217] = (3217.0, 99.0)
    thinned = thin_out(points)
    assert len(thinned) <= 401
    assert (3217.0, 99.0) in thinned
    assert thinned == sorted(thinned)


def test_smoothing_keeps_a_level_and_does_not_lag() -> None:
    level = [(float(step), 2.0) for step in range(30)]
    assert all(math.isclose(value, 2.0) for _, value in smooth(level, 0.9))
    ramp = [(float(step), float(step)) for step in range(101)]
    assert smooth(ramp, 0.8)[50][1] == pytest.approx(50.0, abs=1e-3)


def test_empty_and_infinite_cells_are_left_out() -> None:
    rows = [{"step": "1", "x": ""}, {"step": "2", "x": "inf"}, {"step": "3", "x": "0.5"}]
    assert read_points(rows, "x") == [(3.0, 0.5)]


@pytest.mark.parametrize("points", [[], [(1.0, 2.0)], [(1.0, 0.0), (2.0, 0.0)], [(1.0, 1e-9), (2.0, 2e6)]])
def test_any_curve_gives_a_chart_that_parses(points: list[tuple[float, float]]) -> None:
    chart = draw_lines([Line("a < b & c", points)], "a < b")
    ElementTree.fromstring(chart)
    assert ("not measured" in chart) == (not points)


def test_whisker_spans_its_interval() -> None:
    svg = ElementTree.fromstring(draw_shares([Interval("sft", 0.5, 0.25, 0.75)], "exact match"))
    whisker = next(line for line in svg.iter("line") if line.get("class") == "whisker")
    grid = [float(line.get("x1", "nan")) for line in svg.iter("line") if line.get("class") == "grid"]
    assert [float(whisker.get("x1", "nan")), float(whisker.get("x2", "nan"))] == [grid[1], grid[3]]


@pytest.mark.parametrize("layout", ["wide", "tall"])
def test_road_shows_every_station_and_its_figure(layout: str) -> None:
    notes = {name: Note(f"<{name}>", "c") for name in GIVES}
    svg = ElementTree.fromstring(draw_road(notes, "wide" if layout == "wide" else "tall"))
    shown = {element.text for element in svg.iter() if element.text}
    expected = set(GIVES) - ({"code"} if layout == "tall" else set())
    assert expected <= shown
    assert {f"<{name}>" for name in expected} <= shown


def test_picture_in_the_readme_is_the_one_the_code_draws() -> None:
    drawn = str(draw_road({}, standalone=True)) + "\n"
    how = "from pathlib import Path; from components.report.road import write_road; write_road(Path('infra/road.svg'))"
    assert PICTURE.read_text(encoding="utf-8") == drawn, f'stale: python -c "{how}"'
