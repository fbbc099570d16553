"""What a cell costs, and what it leaves on disk."""

import csv
import json
from pathlib import Path
from typing import Any

from components.base.validation import validate
from components.base.yaml import read_yaml
from components.generation.sampling import SamplingParams
from components.icl.artifact import write_artifact
from components.icl.config import GridConfig
from components.icl.costs import Bill
from components.icl.grid import list_cells
from components.icl.samples import Costs, GridRun, Sample
from components.icl.scores import collect_metrics
from components.icl.tasks import load_tasks
from components.prompting.asking import Ask, Reply, Say, Weigh
from tests.contracts.source import ROOT
from tests.tiny import SHARED

SECTION: dict[str, Any] = read_yaml(ROOT / "params.yaml")["icl"]
CFG: GridConfig = validate(GridConfig, SECTION | {"items": 2}, where="icl")


def test_the_first_who_asks_bears_the_cost_and_of_equal_prompts_one_is_read() -> None:
    greedy, sampled = Say((1, 2, 3), SamplingParams(4)), Say((1, 2, 3), SamplingParams(4, 1.0, seed=7))
    option = Weigh((1, 2), (9,))
    replies: dict[Ask, Reply] = {one: Reply(ids=(5, 6), seconds=0.5) for one in (greedy, sampled)}
    bill = Bill({**replies, option: Reply(seconds=0.25)})
    first, second = Costs(), Costs()
    bill.add(first, [greedy])
    bill.add(second, [greedy, sampled, option])
    assert first == Costs(prompt_tokens=3, computed_tokens=5, generated_tokens=2, seconds=0.5)
    assert second == Costs(prompt_tokens=9, computed_tokens=5, generated_tokens=4, seconds=0.75)


def test_each_task_has_as_many_exemplars_as_any_cell_shows() -> None:
    [task] = load_tasks(CFG, SHARED)
    assert len(task.items) == 2
    assert {len(item.exemplars) for item in task.items} == {max(cell.shots for cell in list_cells(CFG))}


def test_every_sample_and_every_cell_is_written_down(tmp_path: Path) -> None:
    run = GridRun()
    for cell in list_cells(CFG)[:2]:
        run.samples.append(Sample("sft", "t", "t/0", cell, 2, ("q",), False, "p", ("x",), (), "1", "1", (), True))
        run.costs["sft", "t", cell] = Costs(seconds=1.5)
    write_artifact(run, CFG, tmp_path)
    [first, _] = [json.loads(line) for line in (tmp_path / "samples.jsonl").read_text(encoding="utf-8").splitlines()]
    assert (first["selection"], first["shots"], first["completions"]) == ("random", 2, ["x"])
    with (tmp_path / "cells.csv").open(encoding="utf-8") as file:
        assert [row["exact_match"] for row in csv.DictReader(file)] == ["1.0", "1.0"]
    assert [cell.seconds for cell in collect_metrics(run, CFG).cells] == [1.5, 1.5]
