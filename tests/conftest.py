"""Marks by cost, what stays together when tests are spread over processes, and signals as a terminal gives them."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from xdist.scheduler import LoadFileScheduling

QUICK_FOLDERS = [Path(__file__).parent / name for name in ("contracts", "unit")]
OTHER_MARKS = ("slow", "ray", "gpu")


def pytest_configure() -> None:
    """Children are to hear Ctrl-C, also where a shell has put the tests into the background and so deaf to it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> "LoadFileScheduling":
    """Where tests are spread over processes, keep a file's in one, and so all files that share the one tiny run."""
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            return "tests/e2e" if file.startswith("tests/e2e/") and "families" not in file else file

    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give `quick` to contracts and units that bear no other mark."""
    for item in items:
        below = any(folder in item.path.parents for folder in QUICK_FOLDERS)
        if below and not any(item.get_closest_marker(mark) for mark in OTHER_MARKS):
            item.add_marker(pytest.mark.quick)
