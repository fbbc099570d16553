"""Task pages: the shipped examples on rows of their form, and every mistake answered with its place."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from components.base.errors import DataError, ParamsError
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.tasks.config import TaskPageConfig
from components.tasks.extract import extract_answer
from components.tasks.page import load_task, make_task
from components.tasks.score import is_match
from components.tasks.task import Task
from components.tasks.uses import normalise

TASKS = Path("components/tasks/builtin")
GSM8K = {
    "question": "Ann has 3 bags of 4 nuts. How many nuts?",
    "answer": "She has 3*4 = <<3*4=12>>12 nuts.\n#### 1,012",
}
MULTIARITH = {
    "iIndex": 0,
    "lEquations": ["X=(7.0-4.0)"],
    "lSolutions": [3.0],
    "sQuestion": " Tom had 7 pens. He lost 4. How many now? ",
}


def load_example(name: str, data: Path, **rows: Any) -> Task:
    """A shipped task with its rows' place changed."""
    config: TaskPageConfig = validate(TaskPageConfig, read_yaml(TASKS / f"{name}.yaml"), where=name)
    return make_task(config.model_copy(update={"rows": config.rows.model_copy(update=rows)}), data, 2, where=name)


def write_task(folder: Path, **changes: Any) -> Path:
    page: dict[str, Any] = {
        "name": "capitals",
        "rows": {"path": "rows.jsonl", "format": "jsonl"},
        "question": "Capital of {{ land }}?",
        "gold": {"template": "{{ capital }}", "extractors": []},
        "answer": {"extractors": []},
        "exemplars": [{"question": "Capital of Peru?", "answer_only": "Lima", "cot": "It is Lima."}],
    }
    (folder / "rows.jsonl").write_text('{"land": "France", "capital": " Paris "}\n', encoding="utf-8")
    path = folder / "task.yaml"
    path.write_text(json.dumps(page | changes), encoding="utf-8")
    return path


def test_the_gsm8k_example_reads_rows_of_its_form(tmp_path: Path) -> None:
    (tmp_path / "gsm8k").mkdir()
    (tmp_path / "gsm8k" / "test.jsonl").write_text(json.dumps(GSM8K) + "\n", encoding="utf-8")
    task = load_task(TASKS / "gsm8k.yaml", tmp_path, shots=2)
    assert [(item.id, item.gold) for item in task.items] == [("test.jsonl:1", "1012")]
    assert task.items[0].question == GSM8K["question"]
    assert len(task.items[0].exemplars) == 2


def test_the_multiarith_example_reads_rows_of_its_form(tmp_path: Path) -> None:
    (tmp_path / "multiarith").mkdir()
    (tmp_path / "multiarith" / "MultiArith.json").write_text(json.dumps([MULTIARITH]), encoding="utf-8")
    task = load_task(TASKS / "multiarith.yaml", tmp_path, shots=1)
    assert [(item.question, item.gold) for item in task.items] == [("Tom had 7 pens. He lost 4. How many now?", "3")]


@pytest.mark.parametrize("name", ["gsm8k", "multiarith"])
def test_the_examples_of_a_shipped_task_are_read_right_by_its_own_chain(name: str, tmp_path: Path) -> None:
    config: TaskPageConfig = validate(TaskPageConfig, read_yaml(TASKS / f"{name}.yaml"), where=name)
    for exemplar in config.exemplars:
        answers = {extract_answer(text, config.answer.extractors) for text in (exemplar.answer_only, exemplar.cot)}
        assert len(answers) == 1 and None not in answers


@pytest.mark.skipif("ONTOGENY_DATA" not in os.environ, reason="ONTOGENY_DATA names no folder of public data")
def test_real_files_are_read_to_the_last_row() -> None:
    data = Path(os.environ["ONTOGENY_DATA"])
    gsm8k = load_example("gsm8k", data, path="gsm8k/*.jsonl", limit=0)
    multiarith = load_example("multiarith", data)
    assert len(gsm8k.items) > 1000 and all(item.gold.lstrip("-").isdigit() for item in gsm8k.items)
    assert len(multiarith.items) == 600 and all(item.gold.isdigit() for item in multiarith.items)


def test_a_page_of_yaml_makes_a_task(tmp_path: Path) -> None:
    task = load_task(write_task(tmp_path), tmp_path, shots=1)
    assert (task.items[0].question, task.items[0].gold) == ("Capital of France?", "Paris")
    assert task.metric == "exact_match"


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"question": "{{ country }}"}, DataError, r"rows\.jsonl:1: template .*'country' is undefined"),
        ({"question": "{{ land }"}, DataError, r"rows\.jsonl:1: template .*"),
        ({"question": "{{ land + 1 }}"}, DataError, r"rows\.jsonl:1: template .* does not fit the row"),
        ({"question": "{{ land.__class__.__mro__ }}"}, DataError, r"unsafe"),
        ({"gold": {"template": "{{ land }}", "extractors": ["last_number"]}}, DataError, "no gold answer found"),
        ({"gold": {"template": "x", "extractors": ["guess"]}}, ParamsError, r"gold\.extractors\.0: .*'guess'"),
        ({"metric": "bleu"}, ParamsError, "metric: .*'bleu'"),
        ({"extra": 1}, ParamsError, "extra: unknown parameter"),
        ({"exemplars": []}, ParamsError, "1 shots are asked for, 0 are here"),
        ({"rows": {"path": "none.jsonl", "format": "jsonl"}}, DataError, "none.jsonl: no such file"),
    ],
)
def test_a_mistake_in_a_task_page_is_one_clear_line(
    changes: dict[str, Any], error: type[Exception], message: str, tmp_path: Path
) -> None:
    with pytest.raises(error, match=message) as caught:
        load_task(write_task(tmp_path, **changes), tmp_path, shots=1)
    assert "\n" not in str(caught.value)


def test_a_broken_row_is_named(tmp_path: Path) -> None:
    path = write_task(tmp_path)
    with (tmp_path / "rows.jsonl").open("a", encoding="utf-8") as file:
        file.write("{not json\n")
    with pytest.raises(DataError, match=r"rows\.jsonl:2: not JSON"):
        load_task(path, tmp_path, shots=1)


def test_rows_may_lie_beside_their_page(tmp_path: Path) -> None:
    (tmp_path / "pages").mkdir()
    path = write_task(tmp_path / "pages", rows={"path": "./rows.jsonl", "format": "jsonl"})
    assert load_task(path, tmp_path / "elsewhere", shots=1).items


def test_the_page_of_everyday_problems_is_whole() -> None:
    task = load_task(TASKS / "everyday.yaml", Path("data"), shots=2)
    assert len(task.items) >= 60
    assert len({normalise(item.question) for item in task.items}) == len(task.items)
    assert all(item.gold.isdigit() for item in task.items)


@pytest.mark.parametrize("row", ['{"land": "Peru", "capital": null}', '{"land": NaN, "capital": "Lima"}'])
def test_a_row_whose_field_is_null_is_refused_and_not_asked_as_a_word(row: str, tmp_path: Path) -> None:
    path = write_task(tmp_path)
    (tmp_path / "rows.jsonl").write_text(row + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"rows\.jsonl:1: template .*: the field is null"):
        load_task(path, tmp_path, shots=1)


def test_fields_that_no_template_reads_are_counted_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_task(tmp_path)
    row = {"land": "Peru", "capital": "Lima", "hint": "coast", "choices": [], "split": "test"}
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n" + json.dumps({**row, "hint": None}) + "\n")
    assert load_task(path, tmp_path, shots=1).ignored_fields == {"hint": 1, "split": 2}
    assert "rows.jsonl: fields not used: hint (1), split (2)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("B", "B"),
        ("(B)", "**Answer: B**"),
        ("b", "B) Paris"),
        ("Answer: B", "the answer is (b)."),
        (r"So \boxed{\frac{1}{2}}.", "The answer is 50%."),
        ("1,200", "The answer is 1 200."),
        ("−5", "so it is -5"),
        ("#### 30", "The answer is 30%."),
        ("3 1/2", r"\boxed{2} no, \boxed{\dfrac72}"),
    ],
)
def test_keys_and_answers_meet_however_each_is_written(tmp_path: Path, key: str, said: str) -> None:
    numbers = ["hashes", "boxed", "the_answer_is", "last_number"]
    chain = ["choice_letter"] if "b" in key.lower() and "box" not in key else numbers
    gold = {"template": "{{ capital }}", "extractors": chain}
    path = write_task(tmp_path, gold=gold, answer={"extractors": chain})
    (tmp_path / "rows.jsonl").write_text(json.dumps({"land": "x", "capital": key}) + "\n", encoding="utf-8")
    task = load_task(path, tmp_path, shots=1)
    assert is_match(extract_answer(said, task.extractors), task.items[0].gold, task.metric)
