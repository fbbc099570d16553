"""What demonstrations are chosen from.

Shapes: N solved questions, W words.
"""

import copy
from collections.abc import Callable, Sequence
from random import Random

from components.base.errors import ParamsError
from components.base.rng import derive_seed
from components.prompting.asking import AskedModel
from components.retrieval.words import Floats, Tfidf
from components.tasks.task import Exemplar, Item, Task

Choose = Callable[[Item, int], list[int]]
"""Places in the pool for an item, and so many."""


class ExemplarPool:
    """A task's solved questions, and how near each is to a question: by the cosine of their TF-IDF vectors."""

    def __init__(self, task: Task, seed: int, *, draw: int = 0, model: AskedModel | None = None) -> None:
        """`draw` tells draws of one seed apart: what is chosen at random differs between them."""
        self.exemplars, self.draw_number, self._model = task.pool, draw, model
        self.items = task.items
        self.seed = derive_seed(seed, "draw", draw) if draw else seed
        self.questions = [exemplar.question for exemplar in task.pool]
        self._tfidf = Tfidf(self.questions)
        self.vectors_NW = self._tfidf.encode(self.questions)
        self.alike_NN: Floats = self.vectors_NW @ self.vectors_NW.T

    @property
    def model(self) -> AskedModel:
        """The model that is to be asked, for kinds that ask it; raises ParamsError where there is none."""
        if self._model is None:
            raise ParamsError("evaluate.selection: this kind asks the model for whom it selects; it is for stage icl")
        return self._model

    @property
    def like(self) -> Item:
        """One of the task's items: in its form a question of the pool is asked, and as its judge says it is read."""
        return self.items[0]

    def remake(self, exemplars: Sequence[Exemplar]) -> "ExemplarPool":
        """The same questions with other solutions."""
        pool = copy.copy(self)
        pool.exemplars = tuple(exemplars)
        return pool

    def measure(self, item: Item) -> Floats:
        """How near each is to an item, [N]."""
        [question_W] = self._tfidf.encode([item.question])
        near_N: Floats = self.vectors_NW @ question_W
        return near_N

    def draw(self, count: int, *names: str) -> list[int]:
        """So many at random, the same for the same names."""
        return Random(derive_seed(self.seed, "selection", *names)).sample(range(len(self.questions)), count)


def count_steps(exemplar: Exemplar) -> int:
    """Sentences and lines of a chain of thought."""
    return 0 if exemplar.cot is None else count_sentences(exemplar.cot)


def count_sentences(text: str) -> int:
    """Sentences and lines of a text."""
    return len([part for part in text.replace("\n", ". ").split(". ") if part])
