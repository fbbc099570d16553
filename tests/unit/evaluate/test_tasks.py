"""What is asked of every model."""

import json
from pathlib import Path

import pytest

from components.base.errors import ParamsError
from components.base.yaml import read_yaml
from components.evaluate.config import EvaluateConfig
from components.evaluate.tasks import load_tasks
from tests.contracts.source import ROOT
from tests.tiny import SHARED

PAGE = {
    "rows": {"path": "rows.jsonl", "format": "jsonl"},
    "question": "{{ q }}",
    "gold": {"template": "{{ a }}", "extractors": []},
    "answer": {"extractors": []},
    "exemplars": [{"question": "?", "answer_only": "!", "cot": "So !"}] * 2,
}


def make_config(folder: Path, name: str) -> EvaluateConfig:
    (folder / "rows.jsonl").write_text('{"q": "1?", "a": "1"}\n', encoding="utf-8")
    (folder / "page.yaml").write_text(json.dumps({"name": name, **PAGE}), encoding="utf-8")
    changes = {"items": 3, "tasks": [str(folder / "page.yaml")], "data_folder": str(folder)}
    return EvaluateConfig.model_validate(read_yaml(ROOT / "params.yaml")["evaluate"] | changes)


def test_the_runs_tasks_come_first_and_task_pages_after_them(tmp_path: Path) -> None:
    own, users = load_tasks(make_config(tmp_path, "mine"), SHARED)
    assert (own.name, len(own.items), users.name, len(users.items)) == ("word_problems", 3, "mine", 1)
    assert {item.use for task in (own, users) for item in task.items} == {"test"}


def test_two_tasks_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="a task of the name 'word_problems' is there already"):
        load_tasks(make_config(tmp_path, "word_problems"), SHARED)
