"""Arithmetic that a model asks for: parsed and walked, never evaluated as Python.

Exact fractions inside, so that 1 / 3 * 3 is 1; bounded in length, depth and size, so that no question costs more than
a moment.
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping
from decimal import Decimal, localcontext
from fractions import Fraction

LONGEST_CHARS = 200
DEEPEST = 20
LARGEST = Fraction(10**30)
DECIMALS = 6
_ALLOWED = re.compile(r"[0-9.,()+\-*/\s]*")
_PLAIN = str.maketrans({"×": "*", "÷": "/", "−": "-"})
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_BINARY: Mapping[type[ast.operator], Callable[[Fraction, Fraction], Fraction]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def calculate(expression: str) -> str | None:
    """The value of an expression, rounded to six decimals; None for all that is no such expression.

    Numbers, + - * / × ÷, parentheses and commas between thousands are allowed; powers, names and calls are not, and
    neither are a division by zero and values beyond 10^30.
    """
    plain = expression.translate(_PLAIN)
    if len(plain) > LONGEST_CHARS or not _ALLOWED.fullmatch(plain):
        return None
    try:
        tree = ast.parse(_THOUSANDS.sub("", plain).strip(), mode="eval")
        return _write(_walk(tree.body, DEEPEST))
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, MemoryError):
        return None


def _walk(node: ast.expr, depth: int) -> Fraction:
    if depth == 0:
        raise ValueError("nested too deep")
    match node:
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _bound(_BINARY[type(op)](_walk(left, depth - 1), _walk(right, depth - 1)))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_walk(operand, depth - 1)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _walk(operand, depth - 1)
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            # As it is written, not as a float rounds it.
            return _bound(Fraction(Decimal(repr(value))))
        case _:
            raise ValueError("not arithmetic")


def _bound(value: Fraction) -> Fraction:
    if abs(value) > LARGEST or value.denominator > LARGEST:
        raise ValueError("too large")
    return value


def _write(value: Fraction) -> str:
    """Whole numbers as such, others with their decimals and no zeros behind."""
    if value.denominator == 1:
        return str(value.numerator)
    with localcontext(prec=80):
        rounded = round(Decimal(value.numerator) / Decimal(value.denominator), DECIMALS)
    written = f"{rounded:f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written
