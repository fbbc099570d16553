"""The letter of a multiple-choice answer, as people and models write it."""

import re
from collections.abc import Iterator

_OPEN = r"(?:[\s*_`$:\"'(\[]|\\boxed\s*\{|\\text\s*\{|\\mathrm\s*\{|\\[(\[])*"
_STATED = re.compile(
    r"(?:\b(?:answer|option|choice)\b[\s*_]*(?:is|:|=)"
    r"|\b(?:choose|pick|select|go with)\b|^\W*(?:answer|option|choice)\b)"
    rf"{_OPEN}(?:(?:the|option|choice|letter)\b{_OPEN})*([A-Za-z])(?![A-Za-z\d])",
    re.IGNORECASE,
)
_CALLED_RIGHT = re.compile(r"(?<![A-Za-z])([A-Z])\W{0,3} is (?:the )?(?:correct|right|best|answer)")
_BOXED = re.compile(r"\\boxed\s*\{(?:\\text\s*\{)?\s*\(?([A-Za-z])\)?\s*\}")
_ALONE = re.compile(r"[\s*_`$\"'(\[]*([A-Za-z])[\s*_`$\"')\].:,]*")
_LEADING = re.compile(r"\s*[*_`\"(\[]*([A-Za-z])(?:[*_`\"]*[)\].:][*_]*(?:\s|$)|[*_]+(?:\s|$)|[)\]]|\s*\n)")
_BRACKETED = re.compile(r"(?<![A-Za-z\d])[(\[]([A-Za-z])[)\]]")
_CLOSED = re.compile(r"\s*(?:[)\].,:;*_`$}\"]|\\\)|\n|$)")
# After these a letter is an answer; after another word, "A" is an article and "I" is the speaker.
_GOES_ON = re.compile(r"\s+(?:because|since|as|for|and|which|with|is|based|due|given)\b")


def read_choice(text: str) -> str | None:
    """The chosen letter, upper case: stated, boxed, alone, at the beginning or in brackets, in this order."""
    return next(_find_choices(text), None)


def _find_choices(text: str) -> Iterator[str]:
    for stated in _STATED.finditer(text):
        if _is_choice(stated[1], text[stated.end(1) :]):
            yield stated[1].upper()
    for pattern in (_CALLED_RIGHT, _BOXED):
        if found := pattern.findall(text):
            yield found[-1].upper()
    for match in (_ALONE.fullmatch(text), _LEADING.match(text), _BRACKETED.search(text)):
        if match:
            yield match[1].upper()


def _is_choice(letter: str, after: str) -> bool:
    """Whether a letter that stands where an answer would is one, and no word of a sentence."""
    if _CLOSED.match(after):
        return True
    if letter.islower():
        return False
    return letter not in "AI" or _GOES_ON.match(after) is not None
