"""What a model is asked in the course of a question, and many questions that are asked together.

A way to ask is a generator: it yields what it wants to know, is sent the replies, and returns what it made of them. So
each is written as if it were alone, and all of them share every batch.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from components.generation.sampling import SamplingParams
from components.retrieval.words import Floats
from components.tasks.prompt import Prompter

T = TypeVar("T")


@dataclass(frozen=True)
class Say:
    """Go on from these tokens."""

    ids: tuple[int, ...]
    sampling: SamplingParams
    stop: tuple[str, ...] = ()
    """Texts of which any ends the answer."""
    tool: str | None = None
    """The name of a tool that the answer may call."""


@dataclass(frozen=True)
class Weigh:
    """How likely is this continuation?"""

    ids: tuple[int, ...]
    continuation: tuple[int, ...]


@dataclass(frozen=True)
class Rate:
    """What does the run's own reward model think of this answer?"""

    question: str
    answer: str


Ask = Say | Weigh | Rate


@dataclass(frozen=True)
class Reply:
    """To any of them."""

    text: str = ""
    """What was said."""
    ids: tuple[int, ...] = ()
    """The same as tokens."""
    value: float = 0.0
    """The log-probability of what was said or weighed, in nats, or the reward."""
    seconds: float = 0.0
    """Its share of the time that its batch took, by tokens."""


Steps = Generator[Sequence[Ask], Sequence[Reply], T]
"""A way to ask that comes to a T."""
AskAll = Callable[[Sequence[Ask]], Sequence[Reply]]
EmbedAll = Callable[[Sequence[str]], Floats]
"""One vector for each text."""


@dataclass(frozen=True)
class AskedModel:
    """A model as a kind of selection or order may ask it."""

    ask: AskAll
    """Replies in the order of what is asked; equal asks are asked once."""
    prompter: Prompter
    """Writes prompts in the model's own form."""
    embed: EmbedAll
    """Makes vectors of texts: the means of the model's last hidden states."""


@dataclass
class Course(Generic[T]):
    """What one way to ask came to, and all that it asked."""

    asked: list[Ask] = field(default_factory=list)
    found: list[T] = field(default_factory=list)
    """One, when it is done."""

    @property
    def result(self) -> T:
        """What it came to."""
        [result] = self.found
        return result


def run_together(ways: Sequence[Steps[T]], ask: AskAll) -> list[Course[T]]:
    """Run all of them to their ends, in the order given; in each round all that any of them asks is asked at once."""
    courses: list[Course[T]] = [Course() for _ in ways]
    replies: dict[int, Sequence[Reply]] = {}
    waiting = {place: _advance(way, None, courses[place]) for place, way in enumerate(ways)}
    while waiting := {place: asked for place, asked in waiting.items() if asked is not None}:
        answers = iter(ask([one for asked in waiting.values() for one in asked]))
        replies = {place: [next(answers) for _ in asked] for place, asked in waiting.items()}
        waiting = {place: _advance(ways[place], replies[place], courses[place]) for place in waiting}
    return courses


def _advance(way: Steps[T], replies: Sequence[Reply] | None, course: Course[T]) -> Sequence[Ask] | None:
    """What it asks next; None once it is done."""
    try:
        asked = next(way) if replies is None else way.send(replies)
    except StopIteration as end:
        course.found.append(end.value)
        return None
    course.asked.extend(asked)
    return asked
