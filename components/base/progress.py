"""A progress bar with rate and ETA; where nobody watches, a plain line now and then, and none of what is over soon."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any, TextIO, TypeVar

from tqdm import tqdm

T = TypeVar("T")
QUIET_INTERVAL_S = 20.0
PLAIN = "{desc}: {percentage:.0f}% {n_fmt}/{total_fmt} [{elapsed}<{remaining}, {rate_fmt}{postfix}]"


class _Lines:
    """A stream for a bar that goes to a file: each state of it is a line, instead of written over the one before."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Called by the bar with carriage returns and padding."""
        if line := text.strip():
            self._stream.write(f"{line}\n")

    def flush(self) -> None:
        """Called by the bar after each state."""
        self._stream.flush()


def progress_bar(total: int, what: str | None, unit: str = "step") -> "tqdm[Any]":
    """A bar on standard error; off a terminal it prints at most a line every twenty seconds; without a name, none."""
    options: dict[str, Any] = {"total": total, "desc": what, "disable": what is None, "unit": unit}
    if sys.stderr.isatty():
        return tqdm(**options, dynamic_ncols=True, maxinterval=QUIET_INTERVAL_S)
    return tqdm(
        **options,
        file=_Lines(sys.stderr),
        bar_format=PLAIN,
        delay=QUIET_INTERVAL_S,
        mininterval=QUIET_INTERVAL_S,
        maxinterval=QUIET_INTERVAL_S,
    )


def track(items: Iterable[T], what: str, total: int, unit: str = "item") -> Iterator[T]:
    """Iterate under a progress bar."""
    with progress_bar(total, what, unit) as bar:
        for item in items:
            yield item
            bar.update(1)
