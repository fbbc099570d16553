"""Names of tasks are those of shared.tasks."""

from typing import Any

import pytest

from components.base.validation import validate
from components.base.yaml import read_yaml
from pipelines.params import Params
from pipelines.task_names import find_unknown_tasks
from tests.contracts.source import ROOT
from tests.trees import overlay


def read_changed(changes: dict[str, Any]) -> Params:
    params: Params = validate(Params, overlay(read_yaml(ROOT / "params.yaml"), changes), where="params.yaml")
    return params


def test_the_params_name_their_own_tasks() -> None:
    assert list(find_unknown_tasks(read_changed({}))) == []


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"evaluate": {"tasks": ["everyday", "sums"]}}, "evaluate.tasks"),
        ({"sft": {"evaluation": {"tasks": ["sums"]}}}, "sft.evaluation.tasks"),
        ({"align": {"prompts": {"tasks": ["sums"]}}}, "align.prompts.tasks"),
    ],
)
def test_a_name_that_is_none_is_refused_with_those_there_are(changes: dict[str, Any], path: str) -> None:
    assert list(find_unknown_tasks(read_changed(changes))) == [
        f"{path}: no task is called 'sums'; shared.tasks has word_problems, everyday"
    ]


def test_a_source_of_the_corpus_names_a_task_too() -> None:
    params = read_yaml(ROOT / "params.yaml")
    params["corpus"]["sources"][1]["task"] = "sums"
    (said,) = find_unknown_tasks(validate(Params, params, where="params.yaml"))
    assert said.startswith("corpus.sources.1.task: no task is called 'sums'")
