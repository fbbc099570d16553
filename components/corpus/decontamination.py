"""Documents that share a long run of words with an evaluation item are dropped (GPT-3, arXiv 2005.14165, app. C)."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from components.corpus.config import DecontaminationConfig, TaskFile
from components.corpus.shingles import Numbers, RunNumbers, read_words
from components.datasets.rows import read_good_rows, require_field
from components.tasks.config import SharedConfig
from components.tasks.run_tasks import draw_items
from components.text.words import WORD_WEIGHT, has_letters, join_units, weigh_unit

HEAD_UNITS = 3
"""A short item is looked for only where its first units stand."""


class Item(NamedTuple):
    """An evaluation item: its text, how many words of it in a row give it away, and where it is from."""

    text: str
    words: int
    place: str = ""
    generated: bool = False
    """Whether the run's own tasks drew it: then no user can mend it."""


class Unindexed(NamedTuple):
    """An evaluation item that no document can be held against, and why."""

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


def build_contamination_index(cfg: DecontaminationConfig, shared: SharedConfig) -> ContaminationIndex:
    """Runs of the test items of the run's tasks and of every task file's; raises DataError on a bad task file."""
    tested = draw_items(shared, "test", cfg.generated_items)
    items = [Item(item.question, cfg.generated_ngram_words, f"test item {item.id}", generated=True) for item in tested]
    items += [item for task in cfg.tasks for item in _read_task(task, cfg.ngram_words)]
    return index_items(items, cfg.min_ngram_words)


def index_items(items: Iterable[tuple[str, int] | Item], smallest: int) -> ContaminationIndex:
    """All runs of each item's words, or the whole item where it is shorter than a run.

    A run counts only with at least `smallest` words that hold letters: fewer words, or bare numbers, stand in many
    texts that never saw the item. An item without such a run is named as unindexed.
    """
    runs: dict[int, set[int]] = {}
    heads: dict[int, dict[int, set[Whole]]] = {}
    unindexed: list[Unindexed] = []
    count = 0
    for item in (Item(*item) for item in items):
        count += 1
        text = _Measured(item.text)
        least = min(smallest, item.words)
        long = text.cut_runs(item.words, least)
        if long:
            runs.setdefault(item.words, set()).update(long)
        elif text.is_shorter_than(item.words) and text.holds_letters(least):
            head = min(HEAD_UNITS, len(text.units))
            whole = Whole(len(text.units), text.numbers.number_run(0, len(text.units)))
            heads.setdefault(head, {}).setdefault(text.numbers.number_run(0, head), set()).add(whole)
        else:
            unindexed.append(Unindexed(item.place, _explain(text, least), item.text[:100], item.generated))
    return ContaminationIndex(
        count,
        {words: _sort(found) for words, found in runs.items()},
        {head: Heads(_sort(found), {key: tuple(sorted(found[key])) for key in found}) for head, found in heads.items()},
        tuple(unindexed),
    )


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


def _read_task(task: TaskFile, words: int) -> list[Item]:
    rows = read_good_rows(Path(task.path), task.format, required=[task.field])
    return [Item(require_field(row, task.field), words, f"{row.path}:{row.line}") for row in rows]
