"""Quality rules on one document: each has a name, a measure and a threshold.

Gopher: Rae et al. 2021, arXiv 2112.11446, appendix A1.1. C4: Raffel et al. 2020, arXiv 1910.10683, section 2.2.
Line lengths and the share of alphanumeric characters of code: The Stack, arXiv 2211.15533.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from components.corpus.config import QualityRules
from components.text.words import count_words, is_unspaced

MOST_FOREIGN_LETTERS = 0.5
STOP_WORDS = frozenset({"the", "be", "to", "of", "and", "that", "have", "with"})
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_BULLET = re.compile(r"^\s*[-*•·]\s")


@dataclass(frozen=True)
class Page:
    """A text with its words and lines, cut once for all rules."""

    text: str

    @cached_property
    def words(self) -> list[str]:
        """What white space separates."""
        return self.text.split()

    @cached_property
    def word_count(self) -> float:
        """Words in any script: where no spaces stand between them, as many as the letters amount to."""
        return count_words(self.text)

    @cached_property
    def is_unspaced(self) -> bool:
        """Whether some of it is in a script without spaces, so that what spaces separate are no words."""
        return is_unspaced(self.text)

    @cached_property
    def is_latin(self) -> bool:
        """Whether at least half of the letters are Latin: of other scripts English stop words say nothing."""
        others = sum(c.isalpha() and not unicodedata.name(c, "").startswith("LATIN") for c in _beyond_ascii(self.text))
        return not others or others <= MOST_FOREIGN_LETTERS * sum(map(str.isalpha, self.text))

    @cached_property
    def lines(self) -> list[str]:
        """Lines that are not blank."""
        return [line for line in self.text.splitlines() if line.strip()]


def _beyond_ascii(text: str) -> list[str]:
    return [] if text.isascii() else _BEYOND_ASCII.findall(text)


Measure = Callable[[Page], float | None]
"""A figure of a page; None where the rule presumes what the page has not, and so says nothing."""


def _share(items: list[str], holds: Callable[[str], object]) -> float:
    return sum(bool(holds(item)) for item in items) / max(1, len(items))


def _measure_mean_word(page: Page) -> float | None:
    if page.is_unspaced:
        return None
    return sum(map(len, page.words)) / max(1, len(page.words))


def _measure_symbols(page: Page) -> float:
    return (page.text.count("#") + page.text.count("...") + page.text.count("…")) / max(1, page.word_count)


def _measure_bullets(page: Page) -> float:
    return _share(page.lines, _BULLET.match)


def _measure_ellipses(page: Page) -> float:
    return _share(page.lines, lambda line: line.rstrip().endswith(("...", "…")))


def _measure_alphabetic(page: Page) -> float:
    return _share(page.words, lambda word: word.isalpha() or any(map(str.isalpha, word)))


def _count_stop_words(page: Page) -> float | None:
    if not page.is_latin:
        return None
    return len(STOP_WORDS.intersection(page.text.lower().split()))


def _measure_duplicate_lines(page: Page) -> float:
    return 1 - len(set(page.lines)) / max(1, len(page.lines))


def _measure_top_bigram(page: Page) -> float:
    """Share of the characters that the commonest pair of words covers."""
    pairs = Counter(pairwise(page.words))
    count = max(pairs.values(), default=0)
    if count < 2:
        return 0.0
    first, second = max(pair for pair, times in pairs.items() if times == count)
    return count * (len(first) + len(second)) / max(1, sum(map(len, page.words)))


def _measure_braces(page: Page) -> float:
    return (page.text.count("{") + page.text.count("}")) / max(1, len(page.text))


def _measure_alphanumeric(page: Page) -> float:
    marks = sum(unicodedata.category(c)[0] == "M" for c in _beyond_ascii(page.text))
    return (sum(map(str.isalnum, page.text)) + marks) / max(1, len(page.text))


def _measure_longest_line(page: Page) -> float:
    return max(map(len, page.lines), default=0)


def _measure_mean_line(page: Page) -> float:
    return sum(map(len, page.lines)) / max(1, len(page.lines))


MEASURES: dict[str, Measure] = {
    "min_words": lambda page: page.word_count,
    "max_words": lambda page: page.word_count,
    "min_mean_word_chars": _measure_mean_word,
    "max_mean_word_chars": _measure_mean_word,
    "max_symbols_per_word": _measure_symbols,
    "max_bullet_lines": _measure_bullets,
    "max_ellipsis_lines": _measure_ellipses,
    "min_alphabetic_words": _measure_alphabetic,
    "min_stop_words": _count_stop_words,
    "max_duplicate_lines": _measure_duplicate_lines,
    "max_top_bigram": _measure_top_bigram,
    "max_braces": _measure_braces,
    "min_alphanumeric_chars": _measure_alphanumeric,
    "max_line_chars": _measure_longest_line,
    "max_mean_line_chars": _measure_mean_line,
}
"""Every threshold of QualityRules by its own name; `min_` and `max_` say on which side a text must be."""


def find_violation(text: str, rules: QualityRules) -> tuple[str, str] | None:
    """Name and wording of the first rule that the text breaks, in the order of MEASURES."""
    page = Page(text)
    for name, measure in MEASURES.items():
        threshold = getattr(rules, name)
        if threshold is None:
            continue
        value = measure(page)
        if value is None:
            continue
        if (value < threshold) if name.startswith("min_") else (value > threshold):
            return name, f"{value:.4g} where {name} is {threshold:g}"
    lowered = text.lower()
    for phrase in rules.blocked_phrases:
        if phrase.lower() in lowered:
            return "blocked_phrases", f"holds {phrase!r}"
    return None
