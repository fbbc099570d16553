"""The report's words for cells of the grid."""

from components.report.grid import describe_grids
from tests.stages.made_up_run import make_cells


def test_a_cell_is_named_by_what_it_has_of_its_own() -> None:
    pages = describe_grids(make_cells())
    assert [page.model for page in pages] == ["sft", "int8"]
    assert pages[0].baseline == "random · as selected · as trained · direct · no tool · 2 shots · draw 0"
    assert [row.name for row in pages[0].rows] == ["baseline", "knn"]


def test_a_cell_tells_its_difference_its_spread_and_what_is_left_without_overlap() -> None:
    base, near = describe_grids(make_cells())[0].rows
    assert (base.difference, base.p_value, base.clean) == ("—", "—", "—")
    assert near.certain and not base.certain
    assert near.p_value == "0.030"
    assert near.spread == "selection 5.0"
    assert near.clean == "62.0\u202f% of 92"
