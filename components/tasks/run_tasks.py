"""The run's tasks by their names, and items drawn from all of them or some."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import chain, zip_longest
from pathlib import Path
from typing import assert_never

from components.base.errors import ParamsError
from components.base.external import import_target
from components.tasks.config import (
    ExternalTaskConfig,
    HarnessTaskConfig,
    PageConfig,
    SharedConfig,
    WordProblemsConfig,
)
from components.tasks.harness.source import HarnessSource
from components.tasks.page import PageTask
from components.tasks.task import Item, ItemSource
from components.tasks.uses import NAMES, Use
from components.tasks.word_problems.source import WordProblems


def open_task(shared: SharedConfig, name: str) -> ItemSource:
    """One of the run's tasks. Raises ParamsError for a name that shared.tasks does not have."""
    if name not in shared.tasks:
        raise ParamsError(f"shared.tasks: no task is called {name!r}, only {', '.join(shared.tasks)}")
    cfg = shared.tasks[name]
    match cfg:
        case WordProblemsConfig():
            return WordProblems(name, cfg, shared.seed)
        case PageConfig():
            return _open_page(name, cfg.model_dump_json(), shared.seed, _stamp(Path(cfg.path)))
        case HarnessTaskConfig():
            return _open_harness(name, cfg.model_dump_json(), shared.seed, _stamp(Path(cfg.path)))
        case ExternalTaskConfig():
            return _call(name, cfg, shared.seed)
        case _:
            assert_never(cfg)


def open_tasks(shared: SharedConfig, use: Use, names: Sequence[str] | None, where: str) -> list[ItemSource]:
    """The tasks of these names, or of all names those that have items for the use, in the order of the params.

    `where` is the param that asks: raises ParamsError in its name for a task without such items, or where none has any.
    """
    tasks = [open_task(shared, name) for name in (shared.tasks if names is None else names)]
    able = [task for task in tasks if task.count_items(use) != 0]
    without = [repr(task.name) for task in tasks if task not in able]
    if without and (names is not None or not able):
        whose = f"task {without[0]}" if names is not None else f"none of the run's tasks ({', '.join(without)})"
        raise ParamsError(f"{where}: {whose} has {'no ' if names is not None else ''}items for {NAMES[use]}")
    return able


def has_items(shared: SharedConfig, use: Use, names: Sequence[str] | None) -> bool:
    """Whether there is anything to draw, or names are given, which are to be held to their word."""
    return names is not None or any(open_task(shared, name).count_items(use) != 0 for name in shared.tasks)


def draw_items(
    shared: SharedConfig,
    use: Use,
    count: int,
    *,
    stream: str = "",
    names: Sequence[str] | None = None,
    where: str = "shared.tasks",
) -> list[Item]:
    """`count` items of a use, from all tasks in turn: the same for the same seed, none twice, none in two uses.

    Consumers who share a use draw from streams of their own, so that they do not meet the same items in order. Where a
    task has too few, others give more; where all have, there are fewer. `names` and `where` are those of `open_tasks`.
    """
    return list(iterate_items(shared, use, count, stream=stream, names=names, where=where))


def iterate_items(
    shared: SharedConfig,
    use: Use,
    count: int,
    *,
    stream: str = "",
    names: Sequence[str] | None = None,
    where: str = "shared.tasks",
) -> Iterator[Item]:
    """The same one at a time, for more items than memory is to hold; those of a page are held by it in any case."""
    tasks = open_tasks(shared, use, names, where)
    shares = share_out(count, [task.count_items(use) for task in tasks])
    drawn = [_draw(task, use, share, stream) for task, share in zip(tasks, shares, strict=True)]
    return (item for item in chain.from_iterable(zip_longest(*drawn)) if item is not None)


def _draw(task: ItemSource, use: Use, count: int, stream: str) -> Iterable[Item]:
    if isinstance(task, WordProblems):
        return task.iterate_items(use, count, stream=stream)
    return task.draw_items(use, count, stream=stream)


def share_out(count: int, limits: Sequence[int | None]) -> list[int]:
    """As equal shares of a count as the limits allow, the first ones larger by one where they do not come out even."""
    shares = [0] * len(limits)
    able, left = list(range(len(limits))), count
    while able:
        wanted = {at: left // len(able) + (place < left % len(able)) for place, at in enumerate(able)}
        full = {at: limit for at in able if (limit := limits[at]) is not None and limit < wanted[at]}
        for at, share in (full or wanted).items():
            shares[at] = share
        able = [at for at in able if at not in full] if full else []
        left -= sum(full.values())
    return shares


@lru_cache(maxsize=16)
def _open_page(name: str, cfg: str, seed: int, stamp: tuple[int, ...]) -> PageTask:
    """A page is read once a process, while its file stays what it is: a stage asks for its items again and again."""
    return PageTask(name, PageConfig.model_validate_json(cfg), seed)


@lru_cache(maxsize=16)
def _open_harness(name: str, cfg: str, seed: int, stamp: tuple[int, ...]) -> HarnessSource:
    return HarnessSource(name, HarnessTaskConfig.model_validate_json(cfg), seed)


def _stamp(path: Path) -> tuple[int, ...]:
    """What differs when a page is edited; nothing for one that is missing, which its reader says."""
    if not path.exists():
        return ()
    facts = path.stat()
    return facts.st_mtime_ns, facts.st_size, facts.st_ino


def _call(name: str, cfg: ExternalTaskConfig, seed: int) -> ItemSource:
    """The ItemSource that the user's callable gives."""
    make = import_target(cfg.target, f"shared.tasks.{name}.target")
    source: ItemSource = make(name, cfg.options, seed)
    return source
