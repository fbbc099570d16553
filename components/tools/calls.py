"""How calls stand in a text: found while it is written, put into solutions to learn from, and taken out again."""

import re
from collections.abc import Callable

from components.tools.calculator import calculate
from components.tools.config import CallMarks

Call = Callable[[str], str | None]
"""What a tool answers; None where it has no answer, and the model goes on by itself."""
_EQUATION = re.compile(r"(?<![\d.])(\d[\d.]*(?: [-+*/×÷−] \d[\d.]*)+) = (-?\d[\d.,]*\d|-?\d)")


def split_result_mark(marks: CallMarks) -> tuple[str, str]:
    """The mark before a result as the caller writes it, and the spaces behind it, which the tool writes.

    To most tokenizers a space is the beginning of the word behind it: a model that has learned " 24" calls best where
    results are written so, and cannot itself end in a space.
    """
    written = marks.result.rstrip(" ") or marks.result
    return written, marks.result[len(written) :]


def find_question(text: str, marks: CallMarks) -> str | None:
    """What is asked in a text that breaks off where a result should stand; None where nothing is asked."""
    mark, _ = split_result_mark(marks)
    if not text.endswith(mark):
        return None
    written = text[: -len(mark)]
    begin = written.rfind(marks.begin)
    if begin < 0:
        return None
    asked = written[begin + len(marks.begin) :]
    return None if marks.end in asked or mark in asked or "\n" in asked else asked


def write_equations_as_calls(text: str, marks: CallMarks) -> str:
    """A solution whose equations are calls of the calculator: "3 + 4 = 7" becomes "<<3 + 4=7>>".

    Equations that the calculator does not confirm stay as they are, and so does a text that has calls already.
    """
    if marks.begin in text:
        return text

    def write(found: re.Match[str]) -> str:
        asked, said = found.groups()
        confirmed = calculate(asked) == said.replace(",", "")
        return f"{marks.begin}{asked}{marks.result}{said.replace(',', '')}{marks.end}" if confirmed else found[0]

    return _EQUATION.sub(write, text)
