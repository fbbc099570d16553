"""When an answer is correct: the one meaning of the word in a run. And whether it thinks before it answers."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

from components.tasks.choices import read_option
from components.tasks.config import Metric
from components.tasks.extract import THE_ANSWER_IS, ExtractorName, extract_answer
from components.tasks.numbers import same_value, simplify_text
from components.tasks.reading import TextReading

ANSWER_CHAIN: tuple[ExtractorName, ...] = ("the_answer_is", "last_number")
"""How an answer that is a number is read, where a task says nothing else."""
NUMERIC: frozenset[ExtractorName] = frozenset({"the_answer_is", "hashes", "boxed", "last_number"})
_EQUATION = re.compile(r"\d\s*[-+*/×x÷]\s*\d[\d\s*+/×x÷.-]*=\s*-?\d")


@dataclass(frozen=True)
class Judge:
    """How an answer is read from what is said, and when it counts as the gold one: a task's own."""

    extractors: tuple[ExtractorName, ...] = ANSWER_CHAIN
    metric: Metric = "exact_match"
    options: tuple[str, ...] = ()
    """What one may say; where there are options, the one that is said is the answer."""
    reading: TextReading | None = None
    """How an lm-eval page reads an answer, in place of extractors."""

    @property
    def reads_numbers(self) -> bool:
        """Whether answers are numbers: then the steps before one can be told from words."""
        return not self.options and self.reading is None and bool(NUMERIC & set(self.extractors))


NUMBERS = Judge()
"""The judge of an answer of which nothing is known but that it is a number."""


def read_answer(text: str, judge: Judge) -> str | None:
    """The answer that a text gives, in canonical form; None where none is found."""
    if judge.reading is not None:
        return judge.reading.read(text)
    return read_option(text, judge.options) if judge.options else extract_answer(text, judge.extractors)


def is_correct(text: str, gold: str, judge: Judge = NUMBERS) -> bool:
    """Whether the answer that the judge reads in a text is the gold one.

    Whether the text came to its end is another fact, and does not bear on it.
    """
    return is_match(read_answer(text, judge), gold, judge.metric)


def is_match(answer: str | None, gold: str, metric: Metric = "exact_match") -> bool:
    """Whether an answer, once it is read, is the gold one; none at all never is."""
    if answer is None:
        return False
    match metric:
        case "exact_match":
            return same_value(answer, gold)
        case "exact_match_ignoring_case":
            return answer.casefold() == gold.casefold()
        case _:
            assert_never(metric)


def vote(answers: Sequence[str | None]) -> str | None:
    """The most frequent answer; among equals the one seen first; None when there is none at all."""
    counts = Counter(answer for answer in answers if answer is not None)
    return counts.most_common(1)[0][0] if counts else None


def has_cot(text: str) -> bool:
    """Whether a chain of thought, an equation at least, stands before the answer."""
    plain = simplify_text(text)
    answer = THE_ANSWER_IS.search(plain)
    return _EQUATION.search(plain[: answer.start()] if answer else plain) is not None
