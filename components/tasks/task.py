"""What a task is, once it is read: items with gold answers, the words around them, and how an answer is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from components.base.errors import DataError
from components.tasks.config import ChatPromptConfig, DocumentPromptConfig, Metric
from components.tasks.extract import ExtractorName
from components.tasks.uses import Use


@dataclass(frozen=True)
class Exemplar:
    """A solved question: its answer alone, and with its chain of thought."""

    question: str
    answer_only: str
    cot: str


@dataclass(frozen=True)
class Item:
    """One question, its one use, and its gold answer in canonical form."""

    id: str
    use: Use
    question: str
    gold: str
    solution: Exemplar | None = None
    """How it is answered; None where the gold answer is all that is known."""
    exemplars: tuple[Exemplar, ...] = ()
    """What it may be shown with."""

    def require_solution(self) -> Exemplar:
        """Its solution; raises DataError where there is none to learn from."""
        if self.solution is None:
            raise DataError(f"{self.id}: only its answer is known, so there is no solution to learn from")
        return self.solution


class ItemSource(Protocol):
    """One of the run's tasks, as stages draw from it: an entry of `shared.tasks`."""

    def draw_item(self, use: Use, index: int, *, stream: str = "") -> Item:
        """The stream's item number `index`, independent of all others; two numbers may give the same item."""

    def draw_items(self, use: Use, count: int, *, stream: str = "") -> list[Item]:
        """The stream's first `count` items: the same for the same seed, none twice, none in two uses."""

    def draw_drill(self, index: int) -> str:
        """Drill number `index`: solved exercises without a question. Raises DataError where the task has none."""

    def make_task(self, count: int, *, exemplar_pool: int, shots: int) -> "Task":
        """`count` items for testing, each with `shots` exemplars from a pool of items for training."""


@dataclass(frozen=True)
class Task:
    """Items to ask, the words around them, and how an answer is read and compared."""

    name: str
    items: tuple[Item, ...]
    chat: ChatPromptConfig
    base: DocumentPromptConfig
    extractors: tuple[ExtractorName, ...]
    metric: Metric
    ignored_fields: Mapping[str, int] = field(default_factory=dict)
    """Fields of the rows that no template reads, and in how many rows each stands."""
