"""Regular expressions that somebody else wrote: checked as Python's own, run in bounded time.

Python's `re` tries without end what `(a|aa)+$` makes of a long answer; the `regex` package reads the same language and
stops when it is told to.
"""

import re
from functools import lru_cache
from typing import Any

import regex

from components.base.errors import DataError, ParamsError

SECONDS = 5.0
"""For one text; what a pattern is written for takes microseconds."""


def require_pattern(pattern: Any, where: str) -> str:
    """A regular expression as Python reads it. Raises ParamsError for anything else."""
    try:
        re.compile(pattern)
        _compile(pattern)
    except (re.error, regex.error, TypeError, RecursionError, OverflowError) as error:
        raise ParamsError(f"{where}: {pattern!r:.80} is not a regular expression ({error})") from None
    return str(pattern)


def find_all(pattern: str, text: str) -> list[Any]:
    """What `re.findall` finds. Raises DataError where that takes too long."""
    try:
        return list(_compile(pattern).findall(text, timeout=SECONDS))
    except TimeoutError:
        raise _refuse(pattern, text) from None


def substitute(pattern: str, new: str, text: str, count: int = 0) -> str:
    """What `re.sub` makes of a text. Raises DataError where that takes too long."""
    try:
        return str(_compile(pattern).sub(new, text, count=count, timeout=SECONDS))
    except TimeoutError:
        raise _refuse(pattern, text) from None


@lru_cache(maxsize=256)
def _compile(pattern: str) -> Any:
    return regex.compile(pattern, regex.VERSION0)


def _refuse(pattern: str, text: str) -> DataError:
    return DataError(
        f"the regular expression {pattern!r:.80} takes more than {SECONDS:g} s on a text of {len(text)} characters: "
        "write it without repetitions inside of repetitions"
    )
