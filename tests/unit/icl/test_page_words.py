"""A page's own words in the grid: what is asked is what the harness door prints, whatever is shown."""

import json
from pathlib import Path
from typing import Any, cast

import pytest

from components.base.errors import DataError
from components.base.validation import validate
from components.generation.pool import LocalPool
from components.icl.bench import Bench
from components.icl.config import GridConfig
from components.icl.grid import Cell
from components.prompting.asker import Asker
from components.prompting.asking import run_together
from components.tasks.config import HarnessTaskConfig
from components.tasks.harness.source import HarnessSource
from components.tasks.harness.task import open_task
from components.tasks.task import Exemplar, Task
from components.text.tokenizer import decode_ids
from tests.tiny import make_model
from tests.unit.evaluate.harness import pages
from tests.unit.icl.test_grid import SECTION
from tests.unit.prompting.scripted import TOKENIZER, Script

CHANGES = {
    "selections": {"first": {"kind": "first"}, "random": {"kind": "random"}, "knn": {"kind": "knn"}},
    "formats": SECTION["formats"] | {"own": {"kind": "harness"}},
    "baseline": SECTION["baseline"] | {"format": "own"},
}
CFG: GridConfig = validate(GridConfig, SECTION | CHANGES, where="icl")
NAMES = [
    "mc_first_n", "mc_prefix_column", "mc_same_split", "mc_same_split_first", "mc_fewshot_words", "mc_delimiters_15",
    "gen_cot_5", "gen_validation_only",
]  # fmt: skip
SCRIPT = Script()


@pytest.fixture(scope="module")
def bench() -> Bench:
    pool = LocalPool(make_model(TOKENIZER), TOKENIZER)
    return Bench(CFG, 0, cast(Asker, SCRIPT), pool, 4000)


def write_page(folder: Path, name: str, shots: int, sampler: str) -> Path:
    """The page with so many demonstrations, drawn by this sampler."""
    page: dict[str, Any] = pages.list_pages()[name]
    page["fewshot_config"] = {**page.get("fewshot_config", {}), "sampler": sampler}
    path = folder / f"{name}_{shots}_{sampler}.yaml"
    path.write_text(json.dumps({**page, "num_fewshot": shots}), encoding="utf-8")
    return path


def open_page(path: Path) -> Task:
    cfg = HarnessTaskConfig(kind="harness", path=str(path))
    return HarnessSource(path.stem, cfg, 0).make_task(99, exemplar_pool=1, shots=0)


def ask(bench: Bench, task: Task, selection: str, order: str, shots: int) -> list[str]:
    cell = Cell(selection, order, "own", "direct", "none", shots, 0)
    courses = run_together([bench.ask(task, cell, item) for item in task.items], SCRIPT.ask)
    prompts = [course.result.answered.prompt for course in courses]
    return ["" if prompt is None else decode_ids(TOKENIZER, prompt.ids) for prompt in prompts]


@pytest.mark.parametrize("name", NAMES)
def test_prompts_are_those_of_the_door_with_the_same_demonstrations(name: str, bench: Bench, tmp_path: Path) -> None:
    """Whatever number the page itself names: it is the cell's that counts."""
    pages.write_rows(tmp_path)
    for selection, sampler in (("first", "first_n"), ("random", "default")):
        own = open_page(write_page(tmp_path, name, 1, sampler))
        for shots in (0, 3):
            door = open_task(write_page(tmp_path, name, shots, sampler)).ask()
            assert ask(bench, own, selection, "as_selected", shots) == [question.arguments[0][0] for question in door]


def test_other_demonstrations_and_orders_stand_in_the_page_s_words(bench: Bench, tmp_path: Path) -> None:
    pages.write_rows(tmp_path)
    own = open_page(write_page(tmp_path, "mc_same_split", 2, "default"))
    first, last = (ask(bench, own, "knn", order, 2) for order in ("as_selected", "nearest_last"))
    for one, other, item in zip(first, last, own.items, strict=True):
        assert one.split("\n\n")[:2] == other.split("\n\n")[1::-1], "the same two, the other way round"
        question = one.split("\n\n")[2]
        assert item.question.endswith(question) and one.count(question) == 1, "it is not shown to itself"


def test_what_a_page_does_not_show_has_no_words_of_its(tmp_path: Path) -> None:
    pages.write_rows(tmp_path)
    own = open_page(write_page(tmp_path, "gen_list", 1, "default"))
    assert own.words is not None
    with pytest.raises(DataError, match="a page's words are for the rows that it shows"):
        own.words.write(own.items[0], [Exemplar("Who?", "I.", None)])
