"""What demonstrations are chosen from.

Shapes: N solved questions, W words.
"""

from random import Random

from components.base.rng import derive_seed
from components.retrieval.words import Floats, Tfidf
from components.tasks.task import Item, Task


class ExemplarPool:
    """A task's solved questions, and how near each is to a question: by the cosine of their TF-IDF vectors."""

    def __init__(self, task: Task, seed: int) -> None:
        self.exemplars, self.seed = task.pool, seed
        self.questions = [exemplar.question for exemplar in task.pool]
        self._tfidf = Tfidf(self.questions)
        self._vectors_NW = self._tfidf.encode(self.questions)
        self.alike_NN: Floats = self._vectors_NW @ self._vectors_NW.T

    def measure(self, item: Item) -> Floats:
        """How near each is to an item, [N]."""
        [question_W] = self._tfidf.encode([item.question])
        near_N: Floats = self._vectors_NW @ question_W
        return near_N

    def draw(self, count: int, *names: str) -> list[int]:
        """So many at random, the same for the same names."""
        return Random(derive_seed(self.seed, "selection", *names)).sample(range(len(self.questions)), count)
