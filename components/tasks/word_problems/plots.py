"""Short problems as people write them: a plot is told in few sentences, and its steps need not be a chain.

In a plot's steps a, b, c and d are numbers that the story names, x, y and z the results of its first, second and
third step; a number that stands there itself is one the story says in words ("twice", "a week").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from components.base.errors import DataError
from components.tasks.word_problems import language
from components.tasks.word_problems.arithmetic import SMALLEST, Step, apply_operator
from components.tasks.word_problems.language import Noun
from components.tasks.word_problems.scene import Frames

RESULTS = "xyz"
LARGEST_FACTOR = 12
SMALL_SHARE = 0.75
"""How often a number that is added or taken away is at most `SMALL`, as in most problems of the first grades."""
SMALL = 20
LONGEST_SEARCH = 100_000


@dataclass(frozen=True)
class Plot:
    """One kind of short problem."""

    steps: tuple[str, ...]
    told: Frames
    asked: Frames
    items: tuple[Noun, ...] = language.THINGS
    weight: float = 1.0


def draw_steps(rng: Random, plot: Plot, largest: int) -> tuple[tuple[Step, ...], Mapping[str, int]]:
    """The plot's arithmetic, and its numbers by letter; all values lie in 2..largest.

    Raises DataError when no numbers fit.
    """
    formulas = [formula.split() for formula in plot.steps]
    for _ in range(LONGEST_SEARCH):
        numbers = _draw_numbers(rng, formulas, largest)
        steps = _calculate(formulas, dict(numbers), largest)
        if steps:
            return steps, numbers
    raise DataError(f"word problems: no numbers up to {largest} fit {plot.steps}")


def _draw_numbers(rng: Random, formulas: list[list[str]], largest: int) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for left, operator, right in formulas:
        for name in (left, right):
            if name in RESULTS or name.isdigit() or name in numbers:
                continue
            if operator == "*" or (operator == "/" and name == right):
                numbers[name] = rng.randint(SMALLEST, LARGEST_FACTOR)
            else:
                numbers[name] = rng.randint(SMALLEST, SMALL if rng.random() < SMALL_SHARE else largest)
    return numbers


def _calculate(formulas: list[list[str]], values: dict[str, int], largest: int) -> tuple[Step, ...]:
    """The steps with these numbers, none when a value would be a fraction or out of bounds."""
    steps = []
    for (left, operator, right), name in zip(formulas, RESULTS, strict=False):
        first, second = (int(term) if term.isdigit() else values[term] for term in (left, right))
        if operator == "/" and first % second:
            return ()
        result = apply_operator(first, operator, second)
        if not SMALLEST <= result <= largest:
            return ()
        values[name] = result
        steps.append(Step(first, operator, second, result))
    return tuple(steps)
