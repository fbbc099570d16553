"""What a task is, once it is read: items with gold answers, the words around them, and how an answer is read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from components.base.errors import DataError
from components.tasks.config import ChatPromptConfig, DocumentPromptConfig
from components.tasks.phrasing import Phrasings, Style, phrase_instruction
from components.tasks.score import NUMBERS, Judge
from components.tasks.templates import render
from components.tasks.uses import Use


@dataclass(frozen=True)
class Exemplar:
    """A solved question: its answer alone, and with its chain of thought."""

    question: str
    answer_only: str
    cot: str | None
    """None where no steps are known."""

    def say(self, *, cot: bool) -> str:
        """The answer, with its steps where they are wanted and known."""
        return self.answer_only if self.cot is None or not cot else self.cot


@dataclass(frozen=True)
class TaskForm:
    """The words around all items of a task."""

    task: str
    """The task's name in the run."""
    chat: ChatPromptConfig
    base: DocumentPromptConfig
    phrasings: Phrasings
    """What an instruction to learn from may say; evaluation asks in the words of `chat`."""
    by_likelihood: bool = False
    """Whether the likeliest option is the answer, where no chain of thought is asked for."""


@dataclass(frozen=True)
class Item:
    """One question, its one use, and its gold answer in canonical form."""

    id: str
    use: Use
    question: str
    gold: str
    form: TaskForm
    judge: Judge = NUMBERS
    solution: Exemplar | None = None
    """How it is answered; None where the gold answer is all that is known."""
    exemplars: tuple[Exemplar, ...] = ()
    """What it may be shown with."""
    nearest_last: bool = False
    """Whether the first of them go first where a prompt is too long, and not the last."""
    origin: str = ""
    """The row it is made of, for the eyes of whoever must mend it."""

    def ask(self, style: Style, rng: Random) -> str:
        """A user's turn for evaluation: fixed words, but for unconstrained ones, which vary as users' do."""
        if style == "unconstrained":
            return phrase_instruction(self.question, style, self.form.phrasings, rng)
        return self.ask_fixed(cot=style == "cot")

    def ask_fixed(self, *, cot: bool) -> str:
        """A user's turn that asks for steps, or for the bare answer, in the task's own words."""
        chat = self.form.chat
        return render(chat.cot if cot else chat.answer_only, {"question": self.question}, self.form.task)

    def require_solution(self) -> Exemplar:
        """Its solution; raises DataError where there is none to learn from."""
        if self.solution is None:
            raise DataError(f"{self.id}: only its answer is known, so there is no solution to learn from")
        return self.solution


class ItemSource(Protocol):
    """One of the run's tasks, as stages draw from it: an entry of `shared.tasks`."""

    @property
    def name(self) -> str:
        """What the run calls it."""

    def count_items(self, use: Use) -> int | None:
        """How many different items it has for a use; None for as many as anyone asks for."""

    def draw_item(self, use: Use, index: int, *, stream: str = "") -> Item:
        """The stream's item number `index`, independent of all others; two numbers may give the same item."""

    def draw_items(self, use: Use, count: int, *, stream: str = "") -> list[Item]:
        """The stream's first `count` items, or all: the same for the same seed, none twice, none in two uses."""

    def draw_drill(self, index: int) -> str:
        """Drill number `index`: solved exercises without a question. Raises DataError where the task has none."""

    def make_task(self, count: int, *, exemplar_pool: int, shots: int) -> "Task":
        """At most `count` items for testing, each with `shots` exemplars, drawn from so many items for training."""


class PageWords(Protocol):
    """An lm-eval page's own way to write its items, whatever is shown before them."""

    @property
    def delimiter(self) -> str:
        """What stands between a question and its answer."""

    @property
    def shows_asked(self) -> bool:
        """Whether an item may be among what is shown, and must be passed over."""

    @property
    def pool(self) -> tuple[Exemplar, ...]:
        """The rows that the page shows, in their order."""

    def pose(self, items: Sequence[Item], shots: int) -> tuple[Item, ...]:
        """The same items, their questions alone, each with as many exemplars as the page's own sampler draws for it."""

    def write(self, item: Item, exemplars: Sequence[Exemplar]) -> str:
        """All that stands before an item's answer."""


@dataclass(frozen=True)
class Task:
    """Items to ask."""

    name: str
    items: tuple[Item, ...]
    pool: tuple[Exemplar, ...] = ()
    """What exemplars may be chosen from."""
    ignored_fields: Mapping[str, int] = field(default_factory=dict)
    """Fields of the rows that no template reads, and in how many rows each stands."""
    words: PageWords | None = None
    """Of an lm-eval page: its items hold all that it says already, and this says it anew."""
