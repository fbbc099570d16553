"""Task pages: the shipped examples on rows of their form, uses, and every mistake answered with its place."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from components.base.errors import DataError, ParamsError
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.tasks.config import FileRowsConfig, PageConfig, TaskPageConfig
from components.tasks.page import PageTask
from components.tasks.score import Judge, is_correct, read_answer
from components.tasks.task import Exemplar, Task
from components.tasks.uses import USES, normalise, use_of

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


TEST_ONLY = FileRowsConfig(path="x", format="jsonl", uses=["test"])


def open_page(path: Path, data: Path = Path("data"), **changes: Any) -> PageTask:
    return PageTask(path.stem, PageConfig(kind="page", path=str(path), data_folder=str(data), **changes), 3)


def load_task(path: Path, data: Path, shots: int) -> Task:
    return open_page(path, data).make_task(1000, exemplar_pool=8, shots=shots)


def load_example(name: str, path: Path, shots: int = 2, **rows: Any) -> Task:
    """A shipped task over rows elsewhere, all of them for testing."""
    part = TEST_ONLY.model_copy(update={"path": str(path), **rows})
    return open_page(TASKS / f"{name}.yaml", rows=[part]).make_task(10_000, exemplar_pool=8, shots=shots)


def write_task(folder: Path, **changes: Any) -> Path:
    page: dict[str, Any] = {
        "rows": {"path": "rows.jsonl", "format": "jsonl", "uses": ["test"]},
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
    (tmp_path / "test.jsonl").write_text(json.dumps(GSM8K) + "\n", encoding="utf-8")
    task = load_example("gsm8k", tmp_path / "test.jsonl")
    assert [(item.id, item.gold) for item in task.items] == [("test.jsonl:1", "1012")]
    assert task.items[0].question == GSM8K["question"]
    assert len(task.items[0].exemplars) == 2
    assert task.items[0].solution == Exemplar(
        GSM8K["question"], "The answer is 1012.", "She has 3*4 = 12 nuts.\nThe answer is 1012."
    )


def test_the_multiarith_example_reads_rows_of_its_form(tmp_path: Path) -> None:
    (tmp_path / "MultiArith.json").write_text(json.dumps([MULTIARITH]), encoding="utf-8")
    task = load_example("multiarith", tmp_path / "MultiArith.json", format="json")
    assert [(item.question, item.gold) for item in task.items] == [("Tom had 7 pens. He lost 4. How many now?", "3")]


@pytest.mark.parametrize("name", ["gsm8k", "multiarith"])
def test_the_examples_of_a_shipped_task_are_read_right_by_its_own_chain(name: str, tmp_path: Path) -> None:
    config: TaskPageConfig = validate(TaskPageConfig, read_yaml(TASKS / f"{name}.yaml"), where=name)
    for exemplar in config.exemplars:
        judge = Judge(tuple(config.answer.extractors))
        answers = {read_answer(text, judge) for text in (exemplar.answer_only, str(exemplar.cot))}
        assert len(answers) == 1 and None not in answers


@pytest.mark.skipif("ONTOGENY_DATA" not in os.environ, reason="ONTOGENY_DATA names no folder of public data")
def test_real_files_are_read_to_the_last_row() -> None:
    data = Path(os.environ["ONTOGENY_DATA"])
    gsm8k = load_example("gsm8k", data / "gsm8k/*.jsonl")
    multiarith = load_example("multiarith", data / "multiarith", format="json")
    assert len(gsm8k.items) > 1000 and all(item.gold.lstrip("-").isdigit() for item in gsm8k.items)
    assert len(multiarith.items) == 580, "of 600 rows, twenty ask again"
    assert all(item.gold.isdigit() for item in multiarith.items)


@pytest.mark.skipif("ONTOGENY_DATA" not in os.environ, reason="ONTOGENY_DATA names no folder of public data")
@pytest.mark.parametrize("name", ["sst2", "trec"])
def test_real_splits_are_kept(name: str) -> None:
    page = open_page(TASKS / f"{name}.yaml", Path(os.environ["ONTOGENY_DATA"]))
    assert {item.gold for item in page.draw_items("test", 9999)} <= set(page.draw_items("test", 1)[0].judge.options)
    assert all(page.count_items(use) for use in USES)


def test_a_page_of_yaml_makes_a_task(tmp_path: Path) -> None:
    task = load_task(write_task(tmp_path), tmp_path, shots=1)
    assert (task.items[0].question, task.items[0].gold) == ("Capital of France?", "Paris")
    assert task.items[0].judge == Judge(())


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
    path = write_task(tmp_path / "pages", rows={"path": "./rows.jsonl", "format": "jsonl", "uses": ["test"]})
    assert load_task(path, tmp_path / "elsewhere", shots=1).items


def test_the_page_of_everyday_problems_is_whole() -> None:
    assert {use: open_page(TASKS / "everyday.yaml").count_items(use) for use in USES[:-1]} == dict.fromkeys(
        USES[:-1], 0
    )
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
    assert is_correct(said, task.items[0].gold, task.items[0].judge)


def write_cities(folder: Path, name: str, count: int, first: int = 0) -> None:
    rows = [{"land": f"land {first + index}", "capital": f"city {first + index}"} for index in range(count)]
    (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def test_each_item_has_the_one_use_of_its_question(tmp_path: Path) -> None:
    page = open_page(write_task(tmp_path, rows={"path": "rows.jsonl", "format": "jsonl"}), tmp_path)
    write_cities(tmp_path, "rows.jsonl", 200)
    counts = [page.count_items(use) for use in USES]
    assert sum(count or 0 for count in counts) == 200 and all(counts)
    for use in USES:
        items = page.draw_items(use, 200)
        assert {item.use for item in items} == {use_of(item.question) for item in items} == {use}


def test_streams_meet_the_items_of_a_use_in_orders_of_their_own(tmp_path: Path) -> None:
    page = open_page(write_task(tmp_path, rows={"path": "rows.jsonl", "format": "jsonl"}), tmp_path)
    write_cities(tmp_path, "rows.jsonl", 200)
    first, again, other = (page.draw_items("train", 20, stream=stream) for stream in ("a", "a", "b"))
    assert first == again != other
    assert [page.draw_item("train", 5, stream="a")] == first[5:6]
    with pytest.raises(DataError, match=r"task: it has .* items for training, and number 200 is asked for"):
        page.draw_item("train", 200)


def test_published_splits_keep_their_uses_and_a_question_of_both_is_for_testing(tmp_path: Path) -> None:
    parts = [
        {"path": "train.jsonl", "format": "jsonl", "uses": ["train", "validation"]},
        {"path": "test.jsonl", "format": "jsonl", "uses": ["test"]},
    ]
    write_cities(tmp_path, "train.jsonl", 100)
    write_cities(tmp_path, "test.jsonl", 30, first=95)
    page = open_page(write_task(tmp_path, rows=parts), tmp_path)
    assert page.count_items("test") == 30
    assert (page.count_items("train") or 0) + (page.count_items("validation") or 0) == 95
    assert page.count_items("prompts") == page.count_items("preference") == 0


def test_exemplars_are_drawn_from_the_items_for_training_where_the_page_writes_none(tmp_path: Path) -> None:
    page = open_page(write_task(tmp_path, rows={"path": "rows.jsonl", "format": "jsonl"}, exemplars=[]), tmp_path)
    write_cities(tmp_path, "rows.jsonl", 200)
    task = page.make_task(10, exemplar_pool=8, shots=2)
    shown = {exemplar for item in task.items for exemplar in item.exemplars}
    assert len(task.items) == 10 and 2 < len(shown) <= 8
    assert {use_of(exemplar.question) for exemplar in shown} == {"train"}
    assert all(exemplar.answer_only.startswith("city") and exemplar.cot is None for exemplar in shown)


@pytest.mark.parametrize(
    ("format", "text"), [("csv", "land,capital\nPeru,Lima\n"), ("text", "Peru Lima\n\nChad N'Djamena\n")]
)
def test_rows_come_in_any_form(format: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "rows.x").write_text(text, encoding="utf-8")
    fields = ("land", "capital") if format == "csv" else ("text.split()[0]", "text.split()[1]")
    page = write_task(
        tmp_path,
        rows={"path": "rows.x", "format": format, "uses": ["test"]},
        question=f"Capital of {{{{ {fields[0]} }}}}?",
        gold={"template": f"{{{{ {fields[1]} }}}}"},
    )
    assert load_task(page, tmp_path, shots=1).items[0].gold == "Lima"


def test_rows_of_a_data_set_of_the_hub_make_a_task(tmp_path: Path) -> None:
    (tmp_path / "cities").mkdir()
    write_cities(tmp_path / "cities", "train.jsonl", 4)
    rows = {"format": "hub", "dataset": "cities", "split": "train", "uses": ["test"], "limit": 3}
    assert len(load_task(write_task(tmp_path, rows=rows), tmp_path, shots=1).items) == 3
