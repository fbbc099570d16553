"""Word problems as a task of the run: as many items of each use as anyone asks for."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import count as count_up
from random import Random

from components.base.errors import DataError
from components.base.rng import derive_seed
from components.tasks.config import DocumentPromptConfig, WordProblemsConfig
from components.tasks.task import Exemplar, Item, Task, TaskForm
from components.tasks.uses import Use, normalise
from components.tasks.word_problems.generator import LONGEST_SEARCH, Problem, draw_drill, draw_problem
from components.tasks.word_problems.phrasings import CHAT, PHRASINGS

ANSWER_SENTENCE = "The answer is {}."


@dataclass(frozen=True)
class WordProblems:
    """The generator under the name that the run gives it."""

    name: str
    cfg: WordProblemsConfig
    seed: int

    @cached_property
    def _form(self) -> TaskForm:
        return TaskForm(self.name, CHAT, DocumentPromptConfig(), PHRASINGS)

    def count_items(self, use: Use) -> int | None:
        """As many as anyone asks for."""
        return None

    def draw_item(self, use: Use, index: int, *, stream: str = "") -> Item:
        """The stream's item number `index`, independent of all others; two numbers may give the same item."""
        problem = draw_problem(self.cfg, use, derive_seed(self.seed, self.name, use, stream, index))
        gold, solution = str(problem.answer), solve(problem)
        return Item(f"{self.name}/{index}", use, problem.question, gold, self._form, solution=solution)

    def draw_items(self, use: Use, count: int, *, stream: str = "") -> list[Item]:
        """The stream's first `count` items: the same for the same seed, none twice, none in two uses.

        Raises DataError when the language holds too few different questions of the wanted length.
        """
        return list(self.iterate_items(use, count, stream=stream))

    def iterate_items(self, use: Use, count: int, *, stream: str = "") -> Iterator[Item]:
        """The same, one at a time; of those before, 63 bits of each question are kept to know it by."""
        seen: set[int] = set()
        misses = 0
        for index in count_up():
            if len(seen) >= count:
                return
            item = self.draw_item(use, index, stream=stream)
            key = derive_seed(0, normalise(item.question))
            if key not in seen:
                misses = 0
                yield replace(item, id=f"{self.name}/{len(seen)}")
                seen.add(key)
            elif (misses := misses + 1) > LONGEST_SEARCH:
                raise DataError(f"{self.name}: {count} different questions are asked for, {len(seen)} exist")

    def draw_drill(self, index: int) -> str:
        """Drill number `index`: sums without a story."""
        return draw_drill(self.cfg, derive_seed(self.seed, self.name, "drill", index))

    def make_task(self, count: int, *, exemplar_pool: int, shots: int) -> Task:
        """Items for testing; each is shown with exemplars of its own, so that no lucky choice rules the figure."""
        pool = self._draw_exemplars(max(exemplar_pool, shots))
        rng = Random(derive_seed(self.seed, "exemplars"))
        items = [replace(item, exemplars=tuple(rng.sample(pool, shots))) for item in self.draw_items("test", count)]
        return Task(self.name, tuple(items), tuple(pool))

    def _draw_exemplars(self, count: int) -> list[Exemplar]:
        """Short problems of those for training: never of those that are asked."""
        steps = max(self.cfg.min_steps, min(self.cfg.exemplar_max_steps, self.cfg.max_steps))
        short = replace(self, cfg=self.cfg.model_copy(update={"max_steps": steps}))
        return [item.require_solution() for item in short.draw_items("train", count, stream="exemplars")]


def solve(problem: Problem) -> Exemplar:
    """The problem with its answer alone, and with one sentence per step before it."""
    answer = ANSWER_SENTENCE.format(problem.answer)
    return Exemplar(problem.question, answer_only=answer, cot=" ".join((*problem.steps, answer)))
