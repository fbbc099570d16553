"""Which cells a grid has."""

from typing import Any

import pytest

from components.base.validation import validate
from components.base.yaml import read_yaml
from components.icl.config import GridConfig
from components.icl.grid import Cell, find_alien_words, find_mistakes, list_cells
from components.tasks.config import HarnessTaskConfig
from tests.contracts.source import ROOT
from tests.tiny import SHARED

SECTION: dict[str, Any] = read_yaml(ROOT / "params.yaml")["icl"]
BASE = Cell("random", "as_selected", "as_trained", "chain_of_thought", "none", 2, 0)


def configure(**changes: Any) -> GridConfig:
    cfg: GridConfig = validate(GridConfig, SECTION | changes, where="icl")
    return cfg


def test_the_default_grid_has_twelve_cells_or_more_and_no_mistake() -> None:
    assert len(list_cells(configure())) >= 12
    assert list(find_mistakes(configure())) == []


def test_cells_vary_one_axis_at_a_time_behind_the_baseline() -> None:
    cells = list_cells(configure(vary={"selection": ["knn", "random"], "shots": [0, 1]}, cross=[]))
    assert cells[0] == BASE
    assert [(cell.selection, cell.shots) for cell in cells] == [("random", 2), ("knn", 2), ("random", 0), ("random", 1)]


def test_a_crossing_has_all_combinations_and_no_cell_stands_twice() -> None:
    cells = list_cells(configure(vary={"shots": [0]}, cross=[{"selection": ["random", "knn"], "shots": [0, 1, 2]}]))
    assert len(cells) == len(set(cells)) == 6
    assert all(cell.order == BASE.order and cell.method == BASE.method for cell in cells)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"vary": {"order": ["sideways"]}}, "icl.vary.order: no order is called 'sideways'; icl.orders has "),
        ({"cross": [{"method": ["direct", "guess"]}]}, "icl.cross.0.method: no method is called 'guess'"),
        ({"baseline": SECTION["baseline"] | {"tool": "hammer"}}, "icl.baseline.tool: no tool is called 'hammer'"),
    ],
)
def test_a_name_that_is_none_is_refused_with_those_there_are(changes: dict[str, Any], said: str) -> None:
    [clause] = find_mistakes(configure(**changes))
    assert clause.startswith(said)


def test_orders_that_nobody_can_try_are_refused() -> None:
    cross = [{"selection": ["fixed"], "order": ["local_entropy"], "shots": [6]}]
    assert list(find_mistakes(configure(cross=cross))) == [
        "icl.orders.local_entropy: 6 shots have 720 orders; give max_orders"
    ]
    bounded = SECTION["orders"] | {"local_entropy": {"kind": "local_entropy", "max_orders": 24}}
    assert list(find_mistakes(configure(cross=cross, orders=bounded))) == []


def test_programs_run_where_that_is_allowed_and_behind_solutions_that_can_be_some() -> None:
    methods = SECTION["methods"] | {"pal": {"kind": "program"}}
    selections = SECTION["selections"] | {"own": {"kind": "auto_cot"}}
    wanted = {"methods": methods, "selections": selections, "vary": {"method": ["pal"]}}
    assert list(find_mistakes(configure(methods=methods))) == [], "none is asked for"
    assert list(find_mistakes(configure(**wanted))) == [
        "icl.methods.pal: it runs what a model writes; allow_programs: true lets it"
    ]
    assert list(find_mistakes(configure(**wanted, allow_programs=True))) == []
    own = {"cross": [{"method": ["pal"], "selection": ["own"]}], "allow_programs": True}
    assert list(find_mistakes(configure(**wanted | own))) == [
        "icl.selections.own: auto_cot shows the model's own chains, which are no programs"
    ]


def test_a_page_s_words_are_for_pages_and_ask_for_no_program() -> None:
    page = HarnessTaskConfig(kind="harness", path="a.yaml")
    tasks = {"page": page, "stories": SHARED.tasks["word_problems"]}
    formats = SECTION["formats"] | {"own": {"kind": "harness"}}
    cfg = configure(formats=formats, vary={"format": ["own"]})
    assert list(find_alien_words(configure(formats=formats), tasks)) == [], "none is asked so"
    assert list(find_alien_words(cfg.model_copy(update={"tasks": ["page"]}), tasks)) == []
    assert list(find_alien_words(cfg, tasks)) == [
        "icl.formats.own: the task 'stories' is no page of lm-eval, whose words it takes"
    ]
    methods = SECTION["methods"] | {"pal": {"kind": "program"}}
    cross = [{"method": ["pal"], "format": ["own"]}]
    [clause] = find_mistakes(configure(formats=formats, methods=methods, cross=cross, allow_programs=True))
    assert clause == "icl.formats.own: a page's own words ask for no program"
