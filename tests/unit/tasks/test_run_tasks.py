"""The run's tasks by name, and items from all of them."""

import pytest

from components.base.errors import ParamsError
from components.tasks.config import SharedConfig, WordProblemsConfig
from components.tasks.run_tasks import draw_items, open_task
from components.tasks.uses import use_of

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
