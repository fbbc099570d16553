"""Marks by cost, what stays together when tests are spread over processes, and signals as a terminal gives them."""

import signal
from pathlib import Path

import pytest

QUICK_FOLDERS = [Path(__file__).parent / name for name in ("contracts", "unit")]
OTHER_MARKS = ("slow", "ray", "gpu")


def pytest_configure() -> None:
    """Children are to hear Ctrl-C, also where a shell has put the tests into the background and so deaf to it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Keep a file's tests in one process, and so all users of the one tiny run, where tests are spread over several."""
    group = "runs" if "runs" in getattr(item, "fixturenames", ()) else f"{item.path.parent.name}/{item.path.stem}"
    item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give `quick` to contracts and units that bear no other mark."""
    for item in items:
        below = any(folder in item.path.parents for folder in QUICK_FOLDERS)
        if below and not any(item.get_closest_marker(mark) for mark in OTHER_MARKS):
            item.add_marker(pytest.mark.quick)
