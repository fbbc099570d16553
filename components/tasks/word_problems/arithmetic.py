"""The arithmetic under a story: a chain of small steps, drawn before any word is chosen."""

from dataclasses import dataclass
from random import Random

SMALLEST = 2
"""No value of 0 or 1 arises, so no story has to speak of "1 apples"."""
LARGEST_TERM = 20
LARGEST_FACTOR = 10
OPERATOR_WEIGHTS = {"+": 3, "-": 3, "*": 2, "/": 3}
OPENING_OPERATORS = ("+", "-", "*")


@dataclass(frozen=True)
class Step:
    """`left operator right = result`."""

    left: int
    operator: str
    right: int
    result: int

    @property
    def equation(self) -> str:
        """The step as the worked solution writes it."""
        return f"{self.left} {self.operator} {self.right} = {self.result}"


def draw_chain(rng: Random, steps: int, largest: int) -> tuple[Step, ...]:
    """A chain in which each step works on the result of the one before; all values lie in 2..largest."""
    value = rng.randint(SMALLEST, largest * 2 // 5)
    chain = []
    for _ in range(steps):
        step = _draw_step(rng, value, largest)
        chain.append(step)
        value = step.result
    return tuple(chain)


def _draw_step(rng: Random, left: int, largest: int) -> Step:
    terms = {name: rights for name in OPERATOR_WEIGHTS if (rights := _possible_rights(left, name, largest))}
    operator = rng.choices(list(terms), [OPERATOR_WEIGHTS[name] for name in terms])[0]
    right = rng.choice(terms[operator])
    return Step(left, operator, right, apply_operator(left, operator, right))


def _possible_rights(left: int, operator: str, largest: int) -> range | list[int]:
    match operator:
        case "+":
            return range(SMALLEST, min(LARGEST_TERM, largest - left) + 1)
        case "-":
            return range(SMALLEST, min(LARGEST_TERM, left - SMALLEST) + 1)
        case "*":
            return range(2, min(LARGEST_FACTOR, largest // left) + 1) if left <= LARGEST_TERM else range(0)
        case _:
            return [d for d in range(2, LARGEST_FACTOR + 1) if left % d == 0 and left // d >= SMALLEST]


def apply_operator(left: int, operator: str, right: int) -> int:
    """`left operator right`; a division gives its whole part."""
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case _:
            return left // right
