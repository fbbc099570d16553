"""What a task is, once it is read: questions with gold answers, and how to ask them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from components.base.config import SharedConfig
from components.base.rng import derive_seed
from components.evaluate.config import (
    ChatPromptConfig,
    DocumentPromptConfig,
    Metric,
    WordProblemsTaskConfig,
)
from components.problems.checker import ANSWER_CHAIN, ExtractorName
from components.problems.formats import render_direct, render_worked
from components.problems.generator import Problem, generate_problems
from components.problems.instructions import DIRECT_SUFFIX, STEPS_SUFFIX

WORD_PROBLEMS = "word_problems"


@dataclass(frozen=True)
class Exemplar:
    """A solved question, shown before the one that is asked."""

    question: str
    direct: str
    worked: str


@dataclass(frozen=True)
class Item:
    """One question, its gold answer in canonical form, and the exemplars it may be shown with."""

    id: str
    question: str
    gold: str
    exemplars: tuple[Exemplar, ...]


@dataclass(frozen=True)
class Task:
    """Items, the words around them, and how an answer is read and judged."""

    name: str
    items: tuple[Item, ...]
    chat: ChatPromptConfig
    base: DocumentPromptConfig
    extractors: tuple[ExtractorName, ...]
    metric: Metric
    ignored_fields: Mapping[str, int] = field(default_factory=dict)
    """Fields of the rows that no template reads, and in how many rows each stands."""


def make_word_problems(cfg: WordProblemsTaskConfig, shared: SharedConfig, shots: int) -> Task:
    """Held-out problems; each is shown with exemplars of its own, so that no lucky choice rules the figure."""
    pool = _make_exemplars(cfg, shared, shots)
    problems = generate_problems(shared, "test", cfg.problems)
    rng = Random(derive_seed(shared.seed, "exemplars"))
    items = [
        Item(f"{WORD_PROBLEMS}/{index}", problem.question, str(problem.answer), tuple(rng.sample(pool, shots)))
        for index, problem in enumerate(problems)
    ]
    return Task(
        name=WORD_PROBLEMS,
        items=tuple(items),
        chat=ChatPromptConfig(direct="{{ question }}" + DIRECT_SUFFIX, steps="{{ question }}" + STEPS_SUFFIX),
        base=DocumentPromptConfig(),
        extractors=ANSWER_CHAIN,
        metric="exact_match",
    )


def _make_exemplars(cfg: WordProblemsTaskConfig, shared: SharedConfig, shots: int) -> list[Exemplar]:
    """Short problems of those for training: never of those that are asked."""
    language = shared.word_problems
    steps = max(language.min_steps, min(cfg.exemplar_max_steps, language.max_steps))
    short = shared.model_copy(update={"word_problems": language.model_copy(update={"max_steps": steps})})
    return [_solve(p) for p in generate_problems(short, "train", max(cfg.exemplar_pool, shots), stream="exemplars")]


def _solve(problem: Problem) -> Exemplar:
    return Exemplar(problem.question, direct=render_direct(problem), worked=render_worked(problem))
