"""A calculator that a model asks: exact where it answers, and silent on all that is no arithmetic."""

import operator
import random
import re
from fractions import Fraction

import pytest

from components.tools.calculator import LONGEST_CHARS, calculate

OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul}
NUMBER = re.compile(r"-?\d+(\.\d{1,6})?")
VALUES = {
    "2 + 3 * 4": "14",
    "(2 + 3) * 4": "20",
    "48 / 2": "24",
    "1 / 3": "0.333333",
    "1 / 3 * 3": "1",
    "0.1 + 0.2": "0.3",
    "1,250 × 4": "5000",
    "9 ÷ 3 − 4": "-1",
    "-(2 - 5)": "3",
    ".5 * 4": "2",
    "-0.0000001": "0",
    "12": "12",
    " 7*6 ": "42",
    "(" * 60 + "1" + ")" * 60: "1",
}
REFUSED = [
    "", " ", "1 / 0", "1 / (2 - 2)", "2 ** 9", "7 // 2", "7 % 2", "1 2", "1 +", "()", "(1, 2)", "1,2,3", "1 < 2",
    "a", "x + 1", "__import__('os').system('true')", "(lambda: 1)()", "[1][0]", "1 if 1 else 2", "True", "1j",
    "0x10", "1e9", "1_000", "9" * 31, "9" * (LONGEST_CHARS + 1), "-" * 100 + "1", "1" + " + 1" * 60,
    "9" * 25 + " * " + "9" * 25, "1 / " + "9" * 30 + " / " + "9" * 30, "1\x00", "١ + ٢", "1 + 1 # two", "1;2", "'1'",
    "1.2.3", "3 = 3", "@1", "1\\\n+1", "print(1)", "1..real", "{1}", "`1`", "1 and 2", "not 1", "~1", "1 << 9",
    "1 | 2", "1 @ 2", "*1",
]  # fmt: skip


@pytest.mark.parametrize("expression", VALUES)
def test_arithmetic_is_exact(expression: str) -> None:
    assert calculate(expression) == VALUES[expression]


@pytest.mark.parametrize("expression", REFUSED)
def test_all_else_has_no_answer(expression: str) -> None:
    assert calculate(expression) is None


def test_two_hundred_random_texts_of_its_own_alphabet_give_a_plain_number_or_nothing() -> None:
    rng = random.Random(0)
    texts = ["".join(rng.choices("0123456789+-*/(). ,×÷−", k=rng.randint(1, 12))) for _ in range(200)]
    found = [calculate(text) for text in texts]
    assert all(value is None or NUMBER.fullmatch(value) for value in found)
    assert 0 < sum(value is None for value in found) < len(found)


def test_chains_agree_with_fractions() -> None:
    rng = random.Random(1)
    for _ in range(200):
        expression, value = "1", Fraction(1)
        for _ in range(4):
            sign, number = rng.choice("+-*"), rng.randint(1, 99)
            expression, value = f"({expression} {sign} {number})", OPERATORS[sign](value, Fraction(number))
        assert calculate(expression) == str(value)
