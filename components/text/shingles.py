"""Texts as sets of shingles, runs of words, each a 64-bit number; and how alike two such sets are (Broder 1997)."""

import hashlib
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.text.words import cut_units

Numbers = NDArray[np.uint64]
MOST_KNOWN_WORDS = 1 << 20
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIXERS = (np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53))
_HALF = np.uint64(33)


class _Words(dict[str, int]):
    """A number for every word, worked out once a process and the same in all of them."""

    def __missing__(self, word: str) -> int:
        if len(self) >= MOST_KNOWN_WORDS:
            self.clear()
        number = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest())
        self[word] = number
        return number


_WORDS = _Words()


def number_words(words: list[str]) -> Numbers:
    """A 64-bit number for each word."""
    return np.fromiter(map(_WORDS.__getitem__, words), dtype=np.uint64, count=len(words))


@lru_cache(maxsize=1)
def read_words(text: str) -> tuple[list[str], Numbers]:
    """The words of a text (letters, where a script has no spaces), and their numbers; the last text is kept."""
    words = cut_units(text)
    return words, number_words(words)


def roll(numbers: Numbers, size: int) -> Numbers:
    """A number for every run of `size` numbers; one for all where there are fewer."""
    size = min(size, len(numbers))
    runs = len(numbers) - size + 1
    rolled = np.zeros(runs, dtype=np.uint64)
    for start in range(size):
        rolled = rolled * _STEP + numbers[start : start + runs]
    return mix(rolled)


class RunNumbers:
    """A number for any run in a row of numbers, of whatever length, the same wherever the run stands.

    The number of the run i…j is the sum of x_k · c^(i − k), a difference of two running sums.
    """

    def __init__(self, numbers: Numbers) -> None:
        self._powers, back = _find_powers(1 << len(numbers).bit_length())
        self._sums = np.zeros(len(numbers) + 1, dtype=np.uint64)
        np.cumsum(numbers * back[: len(numbers)], out=self._sums[1:])

    def number_runs(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Numbers:
        """A number for each run."""
        return mix((self._sums[ends] - self._sums[starts]) * self._powers[starts])

    def number_run(self, start: int, end: int) -> int:
        """The number of one run."""
        return int(self.number_runs(np.array([start]), np.array([end]))[0])


@lru_cache(maxsize=32)
def _find_powers(count: int) -> tuple[Numbers, Numbers]:
    """c^k and c^(−k) modulo 2^64."""
    factors = np.array([[int(_STEP)], [pow(int(_STEP), -1, 1 << 64)]], dtype=np.uint64).repeat(count, axis=1)
    factors[:, 0] = 1
    forth, back = np.cumprod(factors, axis=1)
    return forth, back


def mix(numbers: Numbers) -> Numbers:
    """Numbers whose every bit depends on every bit (the finaliser of MurmurHash3)."""
    mixed = numbers ^ (numbers >> _HALF)
    for factor in _MIXERS:
        mixed = mixed * factor
        mixed = mixed ^ (mixed >> _HALF)
    return mixed


def cut_shingles(text: str, size: int) -> Numbers:
    """The set of a text's runs of `size` words (letters, where a script has no spaces), sorted, each once.

    A text without words is compared by what white space separates.
    """
    words, numbers = read_words(text)
    return np.unique(roll(numbers if words else number_words(text.split() or [text]), size))


def measure_likeness(left: Numbers, right: Numbers) -> float:
    """The Jaccard index of two sets: what they share of all they hold."""
    shared = np.intersect1d(left, right, assume_unique=True).size
    return float(shared) / (left.size + right.size - shared)


def hash_rows(rows: NDArray[Any], salt: Numbers) -> Numbers:
    """A number for each row of the last axis."""
    rolled = np.broadcast_to(salt, rows.shape[:-1]).astype(np.uint64)
    for column in range(rows.shape[-1]):
        rolled = rolled * _STEP + rows[..., column]
    return mix(rolled)
