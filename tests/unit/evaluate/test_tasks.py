"""What is asked of every model."""

import json
from pathlib import Path

import pytest

from components.base.errors import ParamsError
from components.base.yaml import read_yaml
from components.evaluate.config import EvaluateConfig
from components.evaluate.tasks import load_tasks
from components.tasks.config import PageConfig, SharedConfig
from tests.contracts.source import ROOT
from tests.tiny import SHARED

PAGE = {
    "rows": {"path": "./rows.jsonl", "format": "jsonl", "uses": ["test"]},
    "question": "{{ q }}",
    "gold": {"template": "{{ a }}"},
    "exemplars": [{"question": "?", "answer_only": "!", "cot": "So !"}] * 2,
}


def make_shared(folder: Path, uses: list[str]) -> SharedConfig:
    (folder / "rows.jsonl").write_text('{"q": "1?", "a": "1"}\n', encoding="utf-8")
    (folder / "page.yaml").write_text(json.dumps(PAGE | {"rows": PAGE["rows"] | {"uses": uses}}), encoding="utf-8")  # type: ignore[operator]
    mine = PageConfig(kind="page", path=str(folder / "page.yaml"))
    return SHARED.model_copy(update={"tasks": {**SHARED.tasks, "mine": mine}})


def make_config(tasks: list[str] | None) -> EvaluateConfig:
    changes = {"items": 3, "tasks": tasks}
    return EvaluateConfig.model_validate(read_yaml(ROOT / "params.yaml")["evaluate"] | changes)


def test_all_tasks_with_items_for_testing_are_asked_in_the_order_of_the_params(tmp_path: Path) -> None:
    own, users = load_tasks(make_config(None), make_shared(tmp_path, ["test"]))
    assert (own.name, len(own.items), users.name, len(users.items)) == ("word_problems", 3, "mine", 1)
    assert {item.use for task in (own, users) for item in task.items} == {"test"}
    assert [task.name for task in load_tasks(make_config(None), make_shared(tmp_path, ["train"]))] == ["word_problems"]


def test_a_task_is_asked_by_name_and_refused_where_it_has_no_items_for_testing(tmp_path: Path) -> None:
    assert [task.name for task in load_tasks(make_config(["mine"]), make_shared(tmp_path, ["test"]))] == ["mine"]
    with pytest.raises(ParamsError, match=r"^evaluate\.tasks: task 'mine' has no items for testing$"):
        load_tasks(make_config(["mine"]), make_shared(tmp_path, ["train"]))
