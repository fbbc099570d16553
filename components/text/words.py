"""Words of any script, for comparing texts: case, width, accents' encoding and punctuation do not count.

Where a script puts no spaces between words, every letter with its marks is a unit of its own. A weight says how
much of a word a unit is, so that one length in words means about as much text in every script.
"""

import re
import unicodedata
from functools import lru_cache

WORD_WEIGHT = 4
SYLLABLE_WEIGHT = 2
"""Two characters are about one word of Chinese or Japanese, two letters with their marks one of Khmer or Burmese."""
LETTER_WEIGHT = 1
"""Four or five letters are about one word of Thai or Lao."""

_SYLLABLES = (
    "\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3031-\u3035\u3038-\u303c\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua48c\uf900-\ufaff"
    "\u1000-\u109f\u1780-\u17e9\u1b00-\u1b4f\ua980-\ua9d9\ua9e0-\ua9fe\uaa00-\uaa7f"
    "\U00016fe0-\U00018d08\U0001aff0-\U0001b2fb\U00020000-\U000323af"
)
_LETTERS = "\u0e01-\u0e3a\u0e40-\u0e4e\u0e50-\u0e59\u0e80-\u0eff\u1950-\u19df\u1a20-\u1aad\uaa80-\uaadf"
UNSPACED = _SYLLABLES + _LETTERS
"""The inside of a regular expression's brackets: what stands without spaces."""
_UNSPACED = re.compile(f"[{UNSPACED}]")
_PLAIN = re.compile(r"[a-z0-9]+")
_SYLLABLE = re.compile(f"[{_SYLLABLES}]")
_LETTER = re.compile(f"[{_LETTERS}]")
# What only guides the eye or the line breaker, and vowel points that a text has or has not.
_DROPPED = dict.fromkeys(
    [0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x640, 0x670, *range(0x64B, 0x653), *range(0x591, 0x5C8)]
)

# What the same word is written with and without: Greek accents, which capitals do not have, the Russian ё, and the dot
# that a Turkish İ leaves over its small letter.
_SPELLINGS = str.maketrans("άέήίόύώΐΰё", "αεηιουωϊϋе", "\u0307")


def cut_units(text: str) -> list[str]:
    """The words of a text in order, folded; in scripts without spaces, its letters."""
    if text.isascii():
        return _PLAIN.findall(text.lower())
    folded = unicodedata.normalize("NFKC", text).translate(_DROPPED).casefold()
    return _pattern().findall(unicodedata.normalize("NFKC", folded).translate(_SPELLINGS))


def weigh_unit(unit: str) -> int:
    """How much of a word a unit is, in quarters."""
    if unit.isascii():
        return WORD_WEIGHT
    if _SYLLABLE.match(unit):
        return SYLLABLE_WEIGHT
    return LETTER_WEIGHT if _LETTER.match(unit) else WORD_WEIGHT


def has_letters(unit: str) -> bool:
    """False for a bare number."""
    return not unit.isdigit() and any(map(str.isalpha, unit))


def count_words(text: str) -> float:
    """How many words a text has: what white space separates, and what its letters amount to where nothing does."""
    if not is_unspaced(text):
        return len(text.split())
    spaced = _UNSPACED.sub(" ", text)
    unspaced = sum(weight for weight in map(weigh_unit, cut_units(text)) if weight < WORD_WEIGHT)
    return sum(any(map(str.isalnum, word)) for word in spaced.split()) + unspaced / WORD_WEIGHT


def is_unspaced(text: str) -> bool:
    """Whether a text holds letters of a script that puts no spaces between words."""
    return not text.isascii() and _UNSPACED.search(text) is not None


def join_units(units: list[str]) -> str:
    """Units as a reader would write them: no spaces where the script has none."""
    return " ".join("".join(u if weigh_unit(u) < WORD_WEIGHT else f" {u} " for u in units).split())


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    marks = combining_marks()
    return re.compile(rf"(?=[^\W_])[{UNSPACED}][{marks}]*|(?:[^\W_{UNSPACED}][{marks}]*)+")


@lru_cache(maxsize=1)
def combining_marks() -> str:
    """All combining marks as ranges for a regular expression: vowel signs are no letters to `re`, but part of words."""
    marks = {c for c in (*range(0x300, 0x1E950), *range(0xE0100, 0xE01F0)) if unicodedata.category(chr(c))[0] == "M"}
    starts = sorted(c for c in marks if c - 1 not in marks)
    ends = sorted(c for c in marks if c + 1 not in marks)
    return "".join(f"{chr(start)}-{chr(end)}" for start, end in zip(starts, ends, strict=True))
