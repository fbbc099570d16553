"""The answer to a multiple-choice question, as people and models write it: a letter, or the option itself."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

_OPEN = r"(?:[\s*_`$:\"'(\[]|\\boxed\s*\{|\\(?:text|textbf|mathrm|mathbf)\s*\{|\\[(\[])*"
_STATED = re.compile(
    r"(?:\b(?:answer|option|choice)\b[\s*_]*(?:is|would be|should be|must be|:|=)"
    r"(?:\s+(?:therefore|thus|hence|clearly|probably|definitely|certainly|likely|most likely))?"
    r"|\b(?:choose|pick|select|go with)\b|^\W*(?:answer|option|choice)\b"
    r"|(?:答案|选项|選項|答え|正解)\s*(?:应该|應該)?(?:是|为|為|は)?:?|选择?|選擇?|(?:답|정답)(?:은|는)?\s*:?)"
    rf"{_OPEN}(?:(?:the|option|choice|letter)\b{_OPEN})*([A-Za-z])(?![A-Za-z\d])",
    re.IGNORECASE,
)
_CONCLUDED = re.compile(
    r"\b(?:(?:[Tt]herefore|[Tt]hus|[Hh]ence|[Ss]o|[Ll]eaves)\b,?(?:\s+only)?|[Ii]t(?: is|'s| must be))"
    r"\s+[*_]{0,2}\(?([A-Z])\)?[*_]{0,2}(?=[.!]?\s*$|[.!]\s)"
)
_CALLED_RIGHT = re.compile(r"(?<![A-Za-z])([A-Z])\W{0,3} is (?:the )?(?:correct|right|best|answer)")
_BOXED = re.compile(r"\\boxed\s*\{\s*(?:\\(?:text|textbf|mathrm|mathbf)\s*\{)?\s*\(?([A-Za-z])\)?\s*\}")
# "Option A is incorrect": what the answer is not.
_RULED_OUT = re.compile(
    r"[\W_]{0,3}\s(?:(?:is|can be|would be) (?:\w+ )?(?:not|wrong|incorrect|false|ruled out|eliminated)\b"
    r"|isn't|cannot|can't)"
)
_ALONE = re.compile(r"[\s*_`$\"'(\[]*([A-Za-z])[\s*_`$\"')\].:,!?]*")
_LEADING = re.compile(
    r"\s*[*_`\"(\[]*([A-Za-z])(?:[*_`\"]*[)\].:][*_]*(?:\s|$)|[*_]+(?:\s|$)|[)\]]|\s*\n|(?<!I),\s|\s*[-\u2013\u2014]+\s)"
)
_TAGGED = re.compile(r"[:>]\s*[*_(]*([A-Z])[)*_.]*\s*(?:<|$)")
_SHORT = re.compile(r"(?:\S+\s+){1,3}[*_(\"']*([A-Z])[)*_.!\"']*\s*")
_BRACKETED = re.compile(r"(?<![A-Za-z\d])[(\[]([A-Za-z])[)\]]")
_CLOSED = re.compile(r"\s*(?:[)\].,:;*_`$}\"]|\\\)|[!\u3002\uac00-\ud7a3]|\n|$)")
# After these a letter is an answer; after another word, "A" is an article and "I" is the speaker.
_GOES_ON = re.compile(r"\s+(?:because|since|as|for|and|which|with|is|based|due|given)\b")


def read_choice(text: str) -> str | None:
    """The chosen letter, upper case: stated, boxed, concluded, alone, at the beginning, bracketed, at the end."""
    return next(_find_choices(unicodedata.normalize("NFKC", text)), None)


def read_option(text: str, options: Sequence[str]) -> str | None:
    """The option that a text says: all of it, behind "answer is", or the only one that stands in it.

    Case, punctuation and white space do not count; of options within each other ("even", "uneven") the longest counts.
    """
    said = _plain(text)
    plain = {_plain(option): option for option in options}
    if said in plain:
        return plain[said]
    behind = _SAID.split(said)
    for part in (behind[-1],) if len(behind) > 1 else ():
        first = next((option for key, option in _by_length(plain) if re.match(rf"(?:the )?{_whole(key)}", part)), None)
        if first is not None:
            return first
    found = []
    for key, option in _by_length(plain):
        said, count = re.subn(_whole(key), " ", said)
        found += [option] if count else []
    return found[0] if len(found) == 1 else None


_SAID = re.compile(r"\b(?:answer|label|choice)(?: is)? ")


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFKC", text).casefold()).strip()


def _whole(key: str) -> str:
    return rf"(?<!\w){re.escape(key)}(?!\w)"


def _by_length(plain: dict[str, str]) -> list[tuple[str, str]]:
    return sorted(plain.items(), key=lambda pair: -len(pair[0]))


def _find_choices(text: str) -> Iterator[str]:
    for stated in _STATED.finditer(text):
        if _is_choice(stated[1], text[stated.end(1) :]):
            yield stated[1].upper()
    for pattern in (_CALLED_RIGHT, _BOXED, _CONCLUDED):
        if found := pattern.findall(text):
            yield found[-1].upper()
    elsewhere = (_LEADING.match(text), _BRACKETED.search(text), _TAGGED.search(text), _SHORT.fullmatch(text))
    for match in (_ALONE.fullmatch(text), *elsewhere):
        if match:
            yield match[1].upper()


def _is_choice(letter: str, after: str) -> bool:
    """Whether a letter that stands where an answer would is one, and no word of a sentence."""
    if _RULED_OUT.match(after):
        return False
    if _CLOSED.match(after):
        return True
    if letter.islower():
        return False
    return letter not in "AI" or _GOES_ON.match(after) is not None
