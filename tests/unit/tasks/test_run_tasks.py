"""The run's tasks by name, and items from all of them."""

import json
from pathlib import Path

import pytest

from components.base.errors import ParamsError
from components.tasks.config import ExternalTaskConfig, PageConfig, SharedConfig, WordProblemsConfig
from components.tasks.run_tasks import draw_items, has_items, open_task, share_out
from components.tasks.uses import Use, use_of
from components.tasks.word_problems.source import WordProblems

SHORT = WordProblemsConfig(kind="word_problems", min_steps=1, max_steps=1)
LONG = WordProblemsConfig(kind="word_problems", min_steps=4, max_steps=4)
SHARED = SharedConfig(seed=3, tasks={"short": SHORT, "long": LONG})


def test_items_come_from_all_tasks_in_turn() -> None:
    items = draw_items(SHARED, "prompts", 5)
    assert [item.id for item in items] == ["short/0", "long/0", "short/1", "long/1", "short/2"]
    assert {use_of(item.question) for item in items} == {item.use for item in items} == {"prompts"}


def test_one_task_alone_gives_all_items_in_its_own_order() -> None:
    alone = SharedConfig(seed=3, tasks={"short": SHORT})
    assert draw_items(alone, "train", 7, stream="a") == open_task(alone, "short").draw_items("train", 7, stream="a")


def test_an_unknown_task_is_refused_with_those_there_are() -> None:
    with pytest.raises(ParamsError, match="no task is called 'sums', only short, long"):
        open_task(SHARED, "sums")


def test_a_task_with_too_few_items_leaves_its_share_to_the_others() -> None:
    assert share_out(7, [None, None]) == [4, 3]
    assert share_out(10, [None, 2, None]) == [4, 2, 4]
    assert share_out(10, [1, 2]) == [1, 2]
    assert share_out(10, [3, None, 0]) == [3, 7, 0]


def write_page(folder: Path, uses: list[Use]) -> PageConfig:
    rows = "".join(json.dumps({"q": f"What is {index}?"}) + "\n" for index in range(9))
    (folder / "rows.jsonl").write_text(rows, encoding="utf-8")
    page = {"rows": {"path": "./rows.jsonl", "format": "jsonl", "uses": uses}, "question": "{{ q }}"}
    (folder / "page.yaml").write_text(json.dumps(page | {"gold": {"template": "{{ q }}"}}), encoding="utf-8")
    return PageConfig(kind="page", path=str(folder / "page.yaml"))


def test_all_names_are_those_that_can_and_a_name_is_held_to_its_word(tmp_path: Path) -> None:
    shared = SharedConfig(seed=3, tasks={"short": SHORT, "mine": write_page(tmp_path, ["test"])})
    assert {item.form.task for item in draw_items(shared, "train", 6)} == {"short"}
    assert [item.form.task for item in draw_items(shared, "test", 40)].count("mine") == 9
    with pytest.raises(ParamsError, match=r"^sft\.data: task 'mine' has no items for training$"):
        draw_items(shared, "train", 6, names=["mine"], where="sft.data")


def test_a_run_whose_tasks_all_lack_a_use_says_so(tmp_path: Path) -> None:
    shared = SharedConfig(seed=3, tasks={"mine": write_page(tmp_path, ["test"])})
    assert not has_items(shared, "validation", None)
    with pytest.raises(ParamsError, match=r"^sft.data: none of the run's tasks \('mine'\) has items for training$"):
        draw_items(shared, "train", 6, where="sft.data")


def test_a_callable_of_ones_own_gives_a_task() -> None:
    own = ExternalTaskConfig(kind="external", target="tests.unit.tasks.test_run_tasks:make_own", options={"steps": 1})
    shared = SharedConfig(seed=3, tasks={"own": own})
    assert draw_items(shared, "test", 3) == make_own("own", {"steps": 1}, 3).draw_items("test", 3)
    wrong = SharedConfig(seed=3, tasks={"own": own.model_copy(update={"target": "tests:nothing"})})
    with pytest.raises(ParamsError, match=r"shared\.tasks\.own\.target: 'tests:nothing' cannot be imported"):
        draw_items(wrong, "test", 3)


def make_own(name: str, options: dict[str, int], seed: int) -> WordProblems:
    cfg = WordProblemsConfig(kind="word_problems", min_steps=options["steps"], max_steps=options["steps"])
    return WordProblems(name, cfg, seed)
