"""Texts that share a long run of words with a test item of the run's tasks (GPT-3, arXiv 2005.14165, appendix C)."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from components.tasks.config import SharedConfig
from components.tasks.run_tasks import open_task
from components.text.shingles import Numbers, RunNumbers, read_words
from components.text.words import WORD_WEIGHT, has_letters, join_units, weigh_unit

T = TypeVar("T")
HEAD_UNITS = 3
"""A short item is looked for only where its first units stand."""
FRAME_ITEMS = 10
"""A run that stands in so many items of a user's task is the frame in which they are asked, and gives none away."""
FRAME = "all its runs of words stand in many other items, too"


class Sought(NamedTuple):
    """A test item: its text, how many words of it in a row give it away, and where it is from."""

    text: str
    words: int
    place: str = ""
    generated: bool = False
    """Whether a generator drew it: then no user can mend it."""
    task: str = ""


class Unindexed(NamedTuple):
    """A test item that no text can be held against, and why."""

    place: str
    reason: str
    text: str
    generated: bool


class Whole(NamedTuple):
    """A short item: so many units, and the number of them all."""

    units: int
    number: int


class Heads(NamedTuple):
    """Numbers of the first units of short items, sorted, and the items that begin so."""

    numbers: Numbers
    wholes: dict[int, tuple[Whole, ...]]


@dataclass(frozen=True)
class ContaminationIndex:
    """What gives evaluation items away: numbers of runs, by their length in words, and short items by their head."""

    items: int
    runs: dict[int, Numbers]
    heads: dict[int, Heads]
    unindexed: tuple[Unindexed, ...]


def build_contamination_index(shared: SharedConfig) -> ContaminationIndex:
    """What gives the test items of all of the run's tasks away; raises what a task raises for a mistake in its rows."""
    return index_items(chain(*(_seek(shared, name) for name in shared.tasks)), shared.decontamination.min_ngram_words)


def _seek(shared: SharedConfig, name: str) -> Iterator[Sought]:
    """All test items of a task that is written down, so many of one that is generated."""
    cfg, task = shared.decontamination, open_task(shared, name)
    there = task.count_items("test")
    if there is None:
        for item in task.draw_items("test", cfg.generated_items):
            yield Sought(item.question, cfg.generated_ngram_words, f"test item {item.id}", generated=True, task=name)
    else:
        for item in task.draw_items("test", there):
            yield Sought(item.question, cfg.ngram_words, item.origin or f"test item {item.id}", task=name)


def index_items(items: Iterable[tuple[str, int] | Sought], smallest: int) -> ContaminationIndex:
    """All runs of each item's words, or the whole item where it is shorter than a run.

    A run counts only with at least `smallest` words that hold letters: fewer words, or bare numbers, stand in many
    texts that never saw the item; nor does one that stands in `FRAME_ITEMS` items of a user's task. An item without
    such a run is named as unindexed.
    """
    measured = [(Sought(*item), _Measured(item[0])) for item in items]
    frames = _find_frames(measured, smallest)
    runs: dict[int, set[int]] = {}
    heads: dict[int, dict[int, set[Whole]]] = {}
    unindexed: list[Unindexed] = []
    for item, text in measured:
        least = min(smallest, item.words)
        long = set(text.cut_runs(item.words, least))
        own = long if item.generated else long - frames[item.task]
        if own:
            runs.setdefault(item.words, set()).update(own)
        elif long:
            unindexed.append(Unindexed(item.place, FRAME, item.text[:100], item.generated))
        elif text.is_shorter_than(item.words) and text.holds_letters(least):
            head = min(HEAD_UNITS, len(text.units))
            whole = Whole(len(text.units), text.numbers.number_run(0, len(text.units)))
            heads.setdefault(head, {}).setdefault(text.numbers.number_run(0, head), set()).add(whole)
        else:
            unindexed.append(Unindexed(item.place, _explain(text, least), item.text[:100], item.generated))
    return ContaminationIndex(
        len(measured),
        {words: _sort(found) for words, found in runs.items()},
        {head: Heads(_sort(found), {key: tuple(sorted(found[key])) for key in found}) for head, found in heads.items()},
        tuple(unindexed),
    )


def _find_frames(measured: Sequence[tuple[Sought, "_Measured"]], smallest: int) -> dict[str, set[int]]:
    """By user's task, the runs that many of its items share."""
    counts: dict[str, Counter[int]] = {item.task: Counter() for item, _ in measured}
    for item, text in measured:
        if not item.generated:
            counts[item.task].update(set(text.cut_runs(item.words, min(smallest, item.words))))
    return {task: {run for run, count in found.items() if count >= FRAME_ITEMS} for task, found in counts.items()}


def find_overlap(text: str, index: ContaminationIndex) -> str | None:
    """The first run of words in the text that an evaluation item holds, too."""
    if not index.runs and not index.heads:
        return None
    measured = _Measured(text)
    for words, known in index.runs.items():
        starts, ends = measured.find_runs(words)
        hits = _find_known(measured.numbers.number_runs(starts, ends), known)
        if len(hits):
            return join_units(measured.units[starts[hits[0]] : ends[hits[0]]])
    return _find_whole(measured, index)


def drop_contaminated(
    rows: Sequence[T], read: Callable[[T], tuple[str, str]], shared: SharedConfig, origin: str
) -> tuple[list[T], int]:
    """The user's rows that hold no test item of the run's tasks, and how many do; those are said on standard error.

    `read` gives a row's place and its text.
    """
    sieve = Sieve(shared, origin)
    kept = [row for row in rows if sieve.passes(*read(row))]
    return kept, sieve.report()


class Sieve:
    """Rows of the user's, one at a time: those that hold no test item of the run's tasks pass."""

    def __init__(self, shared: SharedConfig, origin: str) -> None:
        self._index = build_contamination_index(shared)
        self._origin, self._first, self._left_out = origin, "", 0

    def passes(self, place: str, text: str) -> bool:
        """Whether the row of this place and text is kept; one that is not is counted."""
        overlap = find_overlap(text, self._index)
        if overlap is not None:
            self._left_out += 1
            self._first = self._first or f"{place}: {overlap!r}"
        return overlap is None

    def report(self) -> int:
        """How many did not pass; they are said on standard error."""
        if self._left_out:
            left_out = f"{self._left_out} rows left out that hold test items ({self._first} …)"
            print(f"{self._origin}: {left_out}", file=sys.stderr)
        return self._left_out


class _Measured:
    """A text as units with their weights and numbers."""

    def __init__(self, text: str) -> None:
        self.units, numbers = read_words(text)
        self._all_words = text.isascii()
        self.numbers = RunNumbers(numbers)

    def is_shorter_than(self, words: int) -> bool:
        """Whether there is no run of so many words."""
        return bool(self._ends[-1] < words * WORD_WEIGHT)

    @cached_property
    def _weights(self) -> NDArray[np.int64]:
        if self._all_words:
            return np.full(len(self.units), WORD_WEIGHT, dtype=np.int64)
        return np.array([weigh_unit(unit) for unit in self.units], dtype=np.int64)

    @cached_property
    def _ends(self) -> NDArray[np.int64]:
        """Weight of all units before each, and of all."""
        return np.concatenate([[0], np.cumsum(self._weights)])

    def holds_letters(self, words: int) -> bool:
        """Whether so many words hold letters."""
        return bool(self._weigh_letters()[-1] >= words * WORD_WEIGHT)

    def find_runs(self, words: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the shortest runs that amount to so many words begin and end."""
        if self._all_words:  # most texts, and a third faster
            plain = np.arange(max(0, len(self.units) - words + 1))
            return plain, plain + words
        ends = np.searchsorted(self._ends, self._ends[:-1] + words * WORD_WEIGHT)
        starts = np.flatnonzero(ends < len(self._ends))
        return starts, ends[starts]

    def cut_runs(self, words: int, least: int) -> list[int]:
        """Numbers of the runs of so many words, of which at least so many hold letters."""
        starts, ends = self.find_runs(words)
        letters = self._weigh_letters()
        telling = letters[ends] - letters[starts] >= least * WORD_WEIGHT
        return [int(n) for n in self.numbers.number_runs(starts[telling], ends[telling])]

    def _weigh_letters(self) -> NDArray[np.int64]:
        held = self._weights * np.array([has_letters(unit) for unit in self.units], dtype=np.int64)
        return np.concatenate([[0], np.cumsum(held)])


def _explain(text: _Measured, least: int) -> str:
    if not text.units:
        return "it holds no words"
    if not any(map(has_letters, text.units)):
        return "it holds only numbers"
    return f"fewer than {least} of its words in a row hold letters"


def _sort(numbers: Iterable[int]) -> Numbers:
    return np.array(sorted(numbers), dtype=np.uint64)


def _find_known(numbers: Numbers, known: Numbers) -> NDArray[np.int64]:
    """Positions of the numbers that are known; `known` is sorted and not empty."""
    if not len(numbers):
        return np.array([], dtype=np.int64)
    places = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
    return np.flatnonzero(known[places] == numbers)


def _find_whole(text: _Measured, index: ContaminationIndex) -> str | None:
    for head, known in index.heads.items():
        starts = np.arange(max(0, len(text.units) - head + 1))
        numbers = text.numbers.number_runs(starts, starts + head)
        for start in _find_known(numbers, known.numbers).tolist():
            for whole in known.wholes[int(numbers[start])]:
                end = start + whole.units
                if end <= len(text.units) and text.numbers.number_run(start, end) == whole.number:
                    return join_units(text.units[start:end])
    return None
