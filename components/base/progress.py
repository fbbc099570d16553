"""A progress bar with rate and ETA; where nobody watches, a plain line now and then."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from tqdm import tqdm

T = TypeVar("T")
QUIET_INTERVAL_S = 10.0


def progress_bar(total: int, what: str | None, unit: str = "step") -> "tqdm[Any]":
    """A bar on standard error; off a terminal it prints at most one line every ten seconds; without a name, none."""
    interactive = sys.stderr.isatty()
    return tqdm(
        total=total,
        desc=what,
        disable=what is None,
        unit=unit,
        dynamic_ncols=interactive,
        mininterval=0.1 if interactive else QUIET_INTERVAL_S,
        maxinterval=QUIET_INTERVAL_S,
        ascii=not interactive,
    )


def track(items: Iterable[T], what: str, total: int, unit: str = "item") -> Iterator[T]:
    """Iterate under a progress bar."""
    with progress_bar(total, what, unit) as bar:
        for item in items:
            yield item
            bar.update(1)
