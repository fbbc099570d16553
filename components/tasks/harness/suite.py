"""A page of one task, or of a group: its tasks in order, and whose figures are averaged."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.base.errors import ParamsError
from components.base.validation import validate
from components.tasks.harness.config import GroupMetric, GroupPage
from components.tasks.harness.page import check_page
from components.tasks.harness.page_file import read_page
from components.tasks.harness.task import HarnessTask

GROUP_KEYS = frozenset(GroupPage.model_fields)


@dataclass(frozen=True)
class Group:
    """Tasks, those of its subgroups among them, under one name."""

    page: GroupPage
    children: tuple[str, ...]
    tasks: tuple[str, ...]
    """The names of all its tasks."""

    @property
    def metrics(self) -> list[GroupMetric]:
        """The figures that it averages."""
        given = self.page.aggregate_metric_list
        return [] if given is None else given if isinstance(given, list) else [given]


@dataclass(frozen=True)
class Suite:
    """All tasks that a page leads to, and its groups, subgroups first."""

    tasks: tuple[HarnessTask, ...]
    groups: tuple[Group, ...]


def open_suite(path: Path, *, allow_code: bool = False) -> Suite:
    """Read a page of a task or a group. Raises ParamsError that names the file and the key."""
    keys = read_page(path, allow_code=allow_code)
    opener = _Opener(path, allow_code)
    if "group" in keys or isinstance(keys.get("task"), list):
        opener.add_group(str(keys.get("group", path.stem)), keys, {}, 0)
    else:
        opener.add_task(keys, path)
    return Suite(tuple(opener.tasks.values()), tuple(opener.groups.values()))


class _Opener:
    def __init__(self, path: Path, allow_code: bool) -> None:
        self.path, self.allow_code = path, allow_code
        self.tasks: dict[str, HarnessTask] = {}
        self.groups: dict[str, Group] = {}

    def add_task(self, keys: dict[str, Any], path: Path) -> str:
        page = check_page(keys, str(path))
        name = page.task or path.stem
        if any(part in name for part in ("/", "\\", "\0")) or name.startswith("."):
            raise ParamsError(f"{path}: task: {name!r} is no name of a file")
        self.tasks.setdefault(name, HarnessTask(page, path.parent, str(path), name=name))
        return name

    def add_group(self, name: str, keys: dict[str, Any], overrides: dict[str, Any], depth: int) -> str:
        """Read a group's members; what it says beside its own keys counts for each of its tasks."""
        if depth > 10:
            raise ParamsError(f"{self.path}: group: {name!r} holds itself, or ten groups in each other")
        own = {key: value for key, value in keys.items() if key in GROUP_KEYS and value is not None}
        page: GroupPage = validate(GroupPage, {**own, "group": name}, where=str(self.path))
        shared = {**{key: value for key, value in keys.items() if key not in GROUP_KEYS}, **overrides}
        members = page.task if isinstance(page.task, list) else [page.task]
        children = [self._add_member(name, member, shared, depth) for member in members]
        leaves = [
            leaf for child in children for leaf in (self.groups[child].tasks if child in self.groups else [child])
        ]
        self.groups[name] = Group(page, tuple(children), tuple(dict.fromkeys(leaves)))
        return name

    def _add_member(self, group: str, member: str | dict[str, Any], shared: dict[str, Any], depth: int) -> str:
        given = {"task": member} if isinstance(member, str) else member
        if "group" in given and isinstance(given.get("task"), list):
            return self.add_group(f"{group}::{given['group']}", given, shared, depth + 1)
        name = given.get("group", given.get("task"))
        if not isinstance(name, str):
            raise ParamsError(f"{self.path}: task: a member is a name, or keys with one under `task`, got {member!r}")
        found = next(self._find(name), None)
        merged = {**shared, **{key: value for key, value in given.items() if key not in ("task", "group")}}
        if found is None:
            if len(given) == 1:
                raise ParamsError(f"{self.path}: task: no page beside this one is of a task called {name!r}")
            return self.add_task({**merged, "task": f"{group}::{name}"}, self.path)
        path, keys = found
        if "group" in keys or isinstance(keys.get("task"), list):
            return self.add_group(name, keys, merged, depth + 1)
        return self.add_task({**keys, **merged}, path)

    def _find(self, name: str) -> Iterator[tuple[Path, dict[str, Any]]]:
        """The page of a task or group, beside this one or in a folder below; the one of its own name first."""
        folder = self.path.parent
        pages = sorted(folder.rglob("*.yaml"), key=lambda path: (path.stem != name, path))
        for path in pages:
            try:
                keys = read_page(path, allow_code=self.allow_code)
            except ParamsError:
                if path.stem == name:
                    raise
                continue  # a broken page of another task is not this one's mistake
            task = keys.get("task")
            if name in (keys.get("group"), task if isinstance(task, str) else None):
                yield path, {"task": name, **keys}
