"""Reading an answer out of free text by a named chain of extractors."""

import re
from collections.abc import Iterator, Sequence
from typing import Literal, assert_never

from components.tasks.choices import read_choice
from components.tasks.numbers import (
    NO_POWER,
    NUMBER,
    find_numbers,
    normalise_number,
    read_plain,
    simplify_text,
)

ExtractorName = Literal["the_answer_is", "hashes", "boxed", "choice_letter", "last_number"]

# What may stand between the words and the number: emphasis, LaTeX's brackets, a box, a name ("x =").
_DRESS = r"(?:[\s*_`:]|\\boxed\s*\{|\\[(\[]|\$(?=[\s\\\d.+-]|[a-zA-Z]\s*=)|\b[a-zA-Z]\s*=)*"
THE_ANSWER_IS = re.compile(rf"answer[\s*_]*(?:is|:|=){_DRESS}({NUMBER}){NO_POWER}", re.IGNORECASE)
_HASHES = re.compile(rf"####\s*({NUMBER})")
_BOX = re.compile(r"\\f?boxed\s*(?=\{)|\\fbox\s*(?=\{)")
_BARE_BOX = re.compile(r"\\boxed\s*([\w.,/-]+)")
_LIST = re.compile(r"\s*[-+]?\d+(?:\s*,\s*[-+]?\d{1,2})+\s*")
_NAME = re.compile(r"^\s*[a-zA-Z]\s*=")
_UNIT = re.compile(r"(?<=[\d}%])\s*(?:\\(?:text|mathrm|mbox)\s*\{[^{}]*\}|\^\s*\{?\s*\\circ\s*\}?|\\degree)\s*$")
_CANONICAL = re.compile(r"-?\d+(?:/\d+)?")
LETTER_CHAIN: tuple[ExtractorName, ...] = ("choice_letter",)
GOLD_CHAIN: tuple[ExtractorName, ...] = ("hashes", "boxed", "the_answer_is")


def extract_answer(text: str, chain: Sequence[ExtractorName]) -> str | None:
    """The answer that the first succeeding extractor of the chain finds, numbers in canonical form.

    An empty chain takes the whole text, trimmed.
    """
    if not chain:
        return text.strip() or None
    for name in chain:
        found = _extract(text, name)
        if found is not None:
            return found
    return None


def read_gold(text: str) -> str | None:
    """The number of an answer key: the whole text, or what a worked solution comes to (GSM8K, MATH)."""
    whole = normalise_number(text)
    if whole is not None:
        return whole
    found = extract_answer(text, GOLD_CHAIN)
    if found is None:
        numbers = list(find_numbers(text))  # "18 dollars"
        return numbers[0] if len(numbers) == 1 else None
    return found if _CANONICAL.fullmatch(found) else None


def _extract(text: str, name: ExtractorName) -> str | None:
    match name:
        case "the_answer_is":
            # The first one: what a run-on continuation claims later is not this question's answer.
            found = THE_ANSWER_IS.search(simplify_text(text))
            return read_plain(found[1]) if found else None
        case "hashes":
            found = _HASHES.search(simplify_text(text))
            return read_plain(found[1]) if found else None
        case "boxed":
            boxes = list(_read_boxes(text))
            # The last one: a solution boxes what it came to after what it came through.
            return _read_box(boxes[-1]) if boxes else None
        case "choice_letter":
            return read_choice(text)
        case "last_number":
            numbers = list(find_numbers(text))
            return numbers[-1] if numbers else None
        case _:
            assert_never(name)


def _read_boxes(text: str) -> Iterator[str]:
    """What stands in each closed box, inner braces and all."""
    for box in sorted([*_BOX.finditer(text), *_BARE_BOX.finditer(text)], key=lambda match: match.start()):
        if box.re is _BARE_BOX:
            yield box[1].rstrip(".,;")
            continue
        depth = 0
        for at in range(box.end(), len(text)):
            depth += (text[at] == "{") - (text[at] == "}")
            if depth == 0:
                yield text[box.end() + 1 : at]
                break


def _read_box(text: str) -> str | None:
    """The number in a box, without its name ("x =") and its unit, or the expression there ("1,2" is a list)."""
    if _LIST.fullmatch(text):
        return _normalise_expression(text)
    return normalise_number(_UNIT.sub("", _NAME.sub("", simplify_text(text)))) or _normalise_expression(text)


def _normalise_expression(text: str) -> str | None:
    """An answer that is no number, without what changes only its looks; None when nothing is left."""
    plain = re.sub(r"\\(?:text|mathrm|mbox|textbf)\s*\{([^{}]*)\}", r"\1", simplify_text(text))
    return re.sub(r"\s+", "", plain).rstrip(".").strip("$") or None
