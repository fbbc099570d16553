"""What an order is given: an item, and what was chosen for it."""

from collections import Counter
from dataclasses import dataclass, replace
from itertools import permutations
from math import factorial
from random import Random

from components.base.errors import ParamsError
from components.base.rng import derive_seed
from components.prompting.asking import Weigh
from components.prompting.likelihoods import encode_option
from components.prompting.order.config import MOST_SHOTS
from components.prompting.selection.pool import ExemplarPool
from components.tasks.prompt import Prompter
from components.tasks.task import Exemplar, Item


@dataclass(frozen=True)
class Arranging:
    """Demonstrations that are to be arranged, in the words of a format."""

    pool: ExemplarPool
    places: list[int]
    """Of the chosen ones in the pool."""
    item: Item
    exemplars: tuple[Exemplar, ...]
    """The chosen ones."""
    prompter: Prompter

    @property
    def seed(self) -> int:
        """Of these demonstrations, whatever the item, so that items that share them ask the same."""
        questions = [exemplar.question for exemplar in self.exemplars]
        return derive_seed(self.pool.seed, "arrange", self.item.form.task, *questions)

    def list_orders(self, most: int | None) -> list[tuple[int, ...]]:
        """All permutations, or so many different ones at random behind the given one.

        Raises ParamsError for more than five demonstrations without a bound.
        """
        count = len(self.exemplars)
        if most is None and count > MOST_SHOTS:
            raise ParamsError(f"icl.orders: {count} shots have {factorial(count):,} orders; give max_orders")
        if most is None or factorial(count) <= most:
            return list(permutations(range(count)))
        rng = Random(self.seed)
        found = {tuple(range(count)): None}
        while len(found) < most:
            found.setdefault(tuple(rng.sample(range(count), count)))
        return list(found)

    def list_labels(self, most: int) -> tuple[str, ...]:
        """The item's options, or the most frequent answers of the pool."""
        if self.item.judge.options:
            return self.item.judge.options
        answers = Counter(exemplar.answer_only for exemplar in self.pool.exemplars)
        return tuple(answer for answer, _ in answers.most_common(most))

    def weigh(self, order: tuple[int, ...], labels: tuple[str, ...], question: str) -> list[Weigh]:
        """Each label behind a question and the demonstrations in an order; nothing where that is too long."""
        shown = tuple(self.exemplars[place] for place in order)
        item = replace(self.item, question=question, exemplars=shown)
        prompt = self.prompter.write(item, cot=False, shown=True)
        if prompt is None:
            return []
        cue, writer = prompt.cue.strip(), self.prompter
        said = [label.removeprefix(cue).strip() if cue else label for label in labels]
        return [Weigh(prompt.ids, tuple(encode_option(writer.tokenizer, label, writer.delimiter))) for label in said]
