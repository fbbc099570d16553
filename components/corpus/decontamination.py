"""Documents that share a long run of words with an evaluation item are dropped (GPT-3, arXiv 2005.14165, app. C)."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from components.base.config import WordProblemsConfig
from components.corpus.config import DecontaminationConfig, TaskFile
from components.problems.generator import generate_problems
from components.problems.partition import normalise
from components.text.rows import read_good_rows, require_field

Ngram = tuple[str, ...]


@dataclass(frozen=True)
class Forbidden:
    """Word n-grams of evaluation items, by their length."""

    ngrams: dict[int, frozenset[Ngram]]


def collect_forbidden(cfg: DecontaminationConfig, problems: WordProblemsConfig) -> Forbidden:
    """N-grams of the evaluation word problems and of every task file; raises DataError on a bad task file."""
    questions = [p.question for p in generate_problems(problems, "evaluation", cfg.evaluation_problems)]
    items = [text for task in cfg.tasks for text in _read_task(task)]
    sized = [(text, cfg.problem_ngram_words) for text in questions] + [(text, cfg.ngram_words) for text in items]
    return forbid(sized, cfg.min_ngram_words)


def forbid(items: Iterable[tuple[str, int]], smallest: int) -> Forbidden:
    """All n-grams of each text, n beside it; a text shorter than n is one n-gram, unless it is below `smallest`."""
    found: dict[int, set[Ngram]] = {}
    for text, size in items:
        words = normalise(text).split()
        length = min(size, len(words))
        if length >= min(smallest, size):
            found.setdefault(length, set()).update(_cut(words, length))
    return Forbidden({length: frozenset(ngrams) for length, ngrams in found.items()})


def find_overlap(text: str, forbidden: Forbidden) -> str | None:
    """The first forbidden n-gram in the text."""
    words = normalise(text).split()
    for length, ngrams in forbidden.ngrams.items():
        hit = next((ngram for ngram in _cut(words, length) if ngram in ngrams), None)
        if hit is not None:
            return " ".join(hit)
    return None


def _cut(words: list[str], size: int) -> Iterable[Ngram]:
    return zip(*(words[start:] for start in range(size)), strict=False)


def _read_task(task: TaskFile) -> list[str]:
    rows = read_good_rows(Path(task.path), task.format, required=[task.field])
    return [require_field(row, task.field) for row in rows]
