"""Which rows a question is shown with: lm-eval's draws, number by number."""

from collections.abc import Sequence
from random import Random

from components.base.errors import DataError
from components.tasks.harness.rows import Doc

FEWSHOT_SEED = 1234
"""lm-eval's default."""


class Sampler:
    """Draws for one question after the other: its random numbers go on, so the order of questions counts."""

    def __init__(self, pool: Sequence[Doc], kind: str, where: str, seed: int = FEWSHOT_SEED) -> None:
        self._pool, self._kind, self._where = list(pool), kind, where
        self._rng = Random(seed)

    def draw(self, count: int, asked: Doc | None) -> list[Doc]:
        """So many rows; `asked` is the question where it may be among them, and then is not shown."""
        if self._kind == "first_n":
            pool = self._pool if asked is None else [doc for doc in self._pool if doc != asked]
            self._require(count, len(pool))
            return pool[:count]
        if not asked:
            self._require(count, len(self._pool))
            return self._rng.sample(self._pool, count)
        self._require(count + 1, len(self._pool))
        drawn = [doc for doc in self._rng.sample(self._pool, count + 1) if doc != asked][:count]
        if len(drawn) < count:  # the question stands there twice
            others = [doc for doc in self._pool if doc != asked]
            self._require(count, len(others))
            drawn = self._rng.sample(others, count)
        return drawn

    def _require(self, count: int, found: int) -> None:
        if found < count:
            raise DataError(f"{self._where}: num_fewshot: it takes {count} rows to draw from, and there are {found}")
