"""Reading an answer out of free text by a named chain of extractors, and judging it."""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal, assert_never

ExtractorName = Literal["the_answer_is", "hashes", "boxed", "choice_letter", "last_number"]

_NUMBER = r"-?\s?\$?(?:\d[\d,]*(?:\.\d+)?|\.\d+)(?:\s?/\s?\d+)?"
_THE_ANSWER_IS = re.compile(rf"answer\s*(?:is|:|=)\s*:?\s*({_NUMBER})", re.IGNORECASE)
_HASHES = re.compile(rf"####\s*({_NUMBER})")
_BOXED = re.compile(r"\\boxed\s*\{([^{}]*)\}")
_CHOICE = re.compile(r"answer\s*(?:is|:)\s*:?\s*\(?([A-Z])\)?(?![A-Za-z])|\(([A-Z])\)")
_ANY_NUMBER = re.compile(rf"(?<![\w.])({_NUMBER})")
_EQUATION = re.compile(r"\d\s*[-+*/×x÷]\s*\d[\d\s*+/×x÷.-]*=\s*-?\d")


def extract_answer(text: str, chain: Sequence[ExtractorName]) -> str | None:
    """The answer that the first succeeding extractor of the chain finds, numbers in canonical form."""
    for name in chain:
        found = _extract(text, name)
        if found is not None:
            return found
    return None


def is_correct(text: str, answer: int) -> bool:
    """Whether a response's answer is the wanted number."""
    return extract_answer(text, ("the_answer_is", "last_number")) == str(answer)


def is_worked(text: str) -> bool:
    """Whether an equation stands before the answer."""
    answer = _THE_ANSWER_IS.search(text)
    return _EQUATION.search(text[: answer.start()] if answer else text) is not None


def normalise_number(text: str) -> str | None:
    """One spelling per value: "1,200.0" is "1200", "0.5" and "2/4" are "1/2"; None if no number."""
    plain = re.sub(r"[\s,$]", "", text)
    try:
        return str(Fraction(plain) if "/" not in plain else _divide(plain))
    except (ValueError, ZeroDivisionError):
        return None


def _divide(text: str) -> Fraction:
    above, below = text.split("/")
    return Fraction(above) / Fraction(below)


def _extract(text: str, name: ExtractorName) -> str | None:
    match name:
        case "the_answer_is":
            # The first one: what a run-on continuation claims later is not this question's answer.
            found = _THE_ANSWER_IS.search(text)
            return normalise_number(found[1]) if found else None
        case "hashes":
            found = _HASHES.search(text)
            return normalise_number(found[1]) if found else None
        case "boxed":
            found = _BOXED.search(text)
            return (normalise_number(found[1]) or found[1].strip()) if found else None
        case "choice_letter":
            found = _CHOICE.search(text)
            return (found[1] or found[2]) if found else None
        case "last_number":
            numbers = _ANY_NUMBER.findall(text)
            return normalise_number(numbers[-1]) if numbers else None
        case _:
            assert_never(name)
