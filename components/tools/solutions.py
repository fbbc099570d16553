"""Worked solutions as programs: chains of equations, of which each later one calls earlier results by their names."""

import keyword
import re

from components.tools.calculator import calculate
from components.tools.programs import ANSWER, TAKEN

_MARKED = re.compile(r"<<([^=<>]+)=([^=<>]+)>>(?:\s?[\d.,]+)?(?:\s([A-Za-z]+))?")
"""An equation in the calculator's marks, as GSM8K has them, the result said again, and the word behind it."""
_NUMBER = r"[$]?(?:\d[\d,]*(?:\.\d+)?|\.\d+)"
_PLAIN = re.compile(rf"({_NUMBER}(?:\s*[-+*/×÷−]\s*{_NUMBER})+)\s*=\s*(-?{_NUMBER})(?:\s([A-Za-z]+))?")
"""An equation as it is written, and the word behind it."""
_OPERAND = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_AS_PYTHON = str.maketrans({"×": "*", "÷": "/", "−": "-", "$": "", ",": ""})


def write_solution(chain: str, answer: str) -> str | None:
    """A solution as a program that comes to its answer; None for one that is no chain of right equations to it.

    The first operand that an earlier equation has found is told by that one's name, which is the word behind its
    result: "4 * 6 = 24 pens. 24 - 5 = 19 pens." becomes `pens = 4 * 6`, `pens_2 = pens - 5`, `answer = pens_2`.
    """
    pattern = _MARKED if "<<" in chain else _PLAIN
    lines: list[str] = []
    names: dict[str, str] = {}
    for asked, said, word in (found.groups() for found in pattern.finditer(chain)):
        expression, result = asked.translate(_AS_PYTHON).strip(), calculate(said.translate(_AS_PYTHON).strip())
        if result is None or calculate(expression) != result:
            return None
        name = _name(word, len(lines) + 1, set(names.values()))
        lines.append(f"{name} = {_call_results(expression, dict(names))}")
        names[result] = name
    wanted = calculate(answer)
    return None if wanted not in names else "\n".join([*lines, f"{ANSWER} = {names[wanted]}"])


def _call_results(expression: str, names: dict[str, str]) -> str:
    """An expression with names for results, each once: what stands there twice is a number of the question's, too."""

    def call(found: re.Match[str]) -> str:
        value = calculate(found[0])
        return found[0] if value is None else names.pop(value, value)

    return _OPERAND.sub(call, expression)


def _name(word: str | None, place: int, taken: set[str]) -> str:
    name = "step" if word is None or keyword.iskeyword(word.lower()) else word.lower()
    if name in TAKEN | {ANSWER} or name == "step":
        return f"step_{place}"
    return name if name not in taken else f"{name}_{place}"
