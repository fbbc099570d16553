"""Charts that parse as SVG, lose no spike, and say so when there is nothing to show."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from components.plots.bars import draw_groups
from components.plots.intervals import Interval, draw_intervals
from components.plots.lines import Frame, Line, draw_lines, format_tick, thin_out
from components.plots.style import save


def list_texts(svg: str) -> list[str]:
    return [element.text for element in ElementTree.fromstring(svg).iter("text") if element.text]


def test_thinning_keeps_every_spike() -> None:
    points = [(float(step), 1.0) for step in range(5000)]
    points[3217] = (3217.0, 99.0)
    thinned = thin_out(points)
    assert len(thinned) <= 401
    assert (3217.0, 99.0) in thinned
    assert thinned == sorted(thinned)


@pytest.mark.parametrize("points", [[], [(1.0, 2.0)], [(1.0, 0.0), (2.0, 0.0)], [(1.0, 1e-9), (2.0, 2e6)]])
def test_any_curve_gives_a_chart_that_parses(points: list[tuple[float, float]]) -> None:
    chart = draw_lines([Line("a < b & c", points)], "a < b")
    assert ElementTree.fromstring(chart).get("aria-label") == "a < b"
    assert ("not measured" in chart) == (not points)


def test_the_same_points_give_the_same_chart() -> None:
    first, second = (draw_lines([Line("loss", [(0.0, 1.0), (5.0, 0.5)], dots=True)], "Loss") for _ in range(2))
    assert first == second


def test_a_chart_takes_the_colours_and_the_type_of_its_page() -> None:
    chart = draw_lines([Line("loss", [(0.0, 1.0), (5.0, 0.5)])], "Loss")
    assert "var(--accent, #0d7a66)" in chart
    assert "font-family" not in chart


def test_charts_on_one_page_share_no_names() -> None:
    charts = [draw_lines([Line("loss", [(0.0, 1.0), (5.0, low)])], "Loss") for low in (0.5, 0.1)]
    names = [set(re.findall(r' id="([^"]+)"', chart)) for chart in charts]
    assert not {name for name in names[0] & names[1] if not name.startswith("p")}, "a clip is named by what it clips"


def test_shares_are_written_in_percent_and_names_take_the_place_of_numbers() -> None:
    frame = Frame(percent=True, from_zero=True, x_label="clients", x_names=("1", "8"))
    texts = list_texts(draw_lines([Line("share", [(0.0, 0.2), (1.0, 1.0)])], "Share", frame))
    assert {"0%", "100%", "1", "8", "clients"} <= set(texts)


@pytest.mark.parametrize(("value", "said"), [(20_000, "20k"), (-0.25, "−0.25"), (0.1 + 0.2, "0.3")])
def test_ticks_are_short(value: float, said: str) -> None:
    assert format_tick(value) == said


def test_each_interval_is_named_and_its_value_said() -> None:
    rows = [Interval("sft", 0.5, 0.25, 0.75), Interval("aligned", 0.6, 0.4, 0.8, strong=True)]
    texts = list_texts(draw_intervals(rows, "exact match", lambda value: f"{value:.0%}", shares=True))
    assert {"sft", "aligned", "50%", "60%", "0%", "100%"} <= set(texts)


def test_no_interval_is_a_chart_that_says_so() -> None:
    assert "not measured" in draw_intervals([], "none", str, shares=False)


def test_groups_of_bars_become_a_file_with_a_legend(tmp_path: Path) -> None:
    cell = Interval("few-shot", 0.5, 0.4, 0.6)
    save(draw_groups({"base": {"few-shot": cell}, "sft": {"few-shot": cell, "CoT": cell}}, "Sums"), tmp_path / "a.svg")
    texts = [e.text for e in ElementTree.parse(tmp_path / "a.svg").iter("{http://www.w3.org/2000/svg}text")]
    assert {"base", "sft", "few-shot", "CoT", "Sums"} <= set(texts)
