"""Refuses names of tasks that shared.tasks does not have, before anything runs."""

from collections.abc import Iterator
from typing import Any

from pipelines.params import Params


def find_unknown_tasks(params: Params) -> Iterator[str]:
    """A clause for each param `task` or `tasks` that names none of the run's tasks.

    A target of the report may: it is then not asked.
    """
    plain = params.model_dump(exclude={"shared", "report"})
    for path, name in _list_names(plain, ""):
        if name not in params.shared.tasks:
            yield f"{path}: no task is called {name!r}; shared.tasks has {', '.join(params.shared.tasks)}"


def _list_names(value: Any, path: str) -> Iterator[tuple[str, str]]:
    match value:
        case {"kind": "external"}:
            return  # its options are its own
        case dict():
            for key, item in value.items():
                below = f"{path}.{key}".lstrip(".")
                named = [item] if key == "task" else item if key == "tasks" and isinstance(item, list) else []
                yield from ((below, name) for name in named if isinstance(name, str))
                yield from _list_names(item, below)
        case list():
            for place, item in enumerate(value):
                yield from _list_names(item, f"{path}.{place}")
