"""The run's tasks by their names, and items drawn from all of them."""

from itertools import chain, zip_longest
from typing import assert_never

from components.base.errors import ParamsError
from components.tasks.config import SharedConfig, WordProblemsConfig
from components.tasks.task import Item, ItemSource
from components.tasks.uses import Use
from components.tasks.word_problems.source import WordProblems


def open_task(shared: SharedConfig, name: str) -> ItemSource:
    """One of the run's tasks. Raises ParamsError for a name that shared.tasks does not have."""
    if name not in shared.tasks:
        raise ParamsError(f"shared.tasks: no task is called {name!r}, only {', '.join(shared.tasks)}")
    cfg = shared.tasks[name]
    match cfg:
        case WordProblemsConfig():
            return WordProblems(name, cfg, shared.seed)
        case _:
            assert_never(cfg)


def open_tasks(shared: SharedConfig) -> list[ItemSource]:
    """All of the run's tasks, in the order of the params."""
    return [open_task(shared, name) for name in shared.tasks]


def draw_items(shared: SharedConfig, use: Use, count: int, *, stream: str = "") -> list[Item]:
    """`count` items of a use, from all tasks in turn: the same for the same seed, none twice, none in two uses.

    Consumers who share a use draw from streams of their own, so that they do not meet the same items in order.
    """
    tasks = open_tasks(shared)
    shares = [count // len(tasks) + (place < count % len(tasks)) for place in range(len(tasks))]
    drawn = [task.draw_items(use, share, stream=stream) for task, share in zip(tasks, shares, strict=True)]
    return [item for item in chain(*zip_longest(*drawn)) if item is not None]
