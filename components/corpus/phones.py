"""Telephone numbers in a text: those that show what they are, and those that the words before them tell of."""

import re
from collections.abc import Iterator

from components.text.words import UNSPACED

Span = tuple[int, int]

FEWEST_DIGITS = 8
MOST_DIGITS = 15
BEFORE_CHARS = 30

_GAP = "[ .\\-/\u00a0\u2009\u202f\u2010\u2011\u2013]"
_DASH = "[.\\-\u2010\u2011]"
# Words stand close to a number where a script has no spaces, and in Korean.
_WORD = rf"[^\W{UNSPACED}\uac00-\ud7a3]"
_NO_DIGIT = rf"(?!{_WORD}|[.,/-]\d)"
_FREE = rf"(?<!{_WORD})(?<![.+/=-])"
# International form, or a country's own with its brackets or dashes; never a bare run of digits, nor sums with
# spaces around a minus.
_PLAIN = re.compile(
    rf"(?<!{_WORD})(?<![.+-])\+\d{{1,3}}(?:{_GAP}?\(?\d{{1,5}}\)?){{2,6}}{_GAP}?\d{_NO_DIGIT}"
    rf"|{_FREE}(?:1[ .-]?)?\(\d{{3}}\){_GAP}?\d{{3}}{_GAP}\d{{4}}{_NO_DIGIT}"
    rf"|{_FREE}(?:1{_DASH})?\d{{3}}{_DASH}\d{{3}}{_DASH}\d{{4}}{_NO_DIGIT}"
    rf"|{_FREE}[78]{_GAP}?\(\d{{3,5}}\){_GAP}?\d{{1,3}}{_GAP}\d{{2}}{_GAP}\d{{2}}{_NO_DIGIT}"
    rf"|{_FREE}\(0?\d{{2}}\){_GAP}?9?\d{{4}}{_GAP}\d{{4}}{_NO_DIGIT}"
    rf"|{_FREE}0(?:\d{{3}}{_GAP}\d{{3}}{_GAP}\d{{3,4}}|\d{{4}} \d{{6}}|\d{{1,2}}-\d{{4}}-\d{{4}}"
    rf"|\d{{1,3}}[/-]\d{{7,8}}){_NO_DIGIT}(?! \d)"
    rf"|{_FREE}\(0\d{{1,4}}\){_GAP}?\d{{3,4}}{_GAP}?\d{{3,5}}{_NO_DIGIT}"
)
_TOLD = re.compile(rf"{_FREE}\(?\d{{2,5}}\)?(?:{_GAP}{{0,2}}\(?\d{{1,8}}\)?){{1,5}}{_NO_DIGIT}")
# What every number has, whatever its form: so many digits, and nothing else between them.
_DIGITS = re.compile(rf"(?:\d(?:{_GAP}|[()+])*){{{FEWEST_DIGITS}}}")
_DECIMAL = re.compile(r"\+?\d+[.,]\d+")
_WORDS = re.compile(
    r"(?:\b(?:tele)?(?:ph|f)ones?\b|\btel\b|\bfax\b|\bmob(?:ile)?\b|\bcell(?:phone)?\b|\bcall(?:ed|ing)?\b|\bdial\b"
    r"|\bring\b"
    r"|\b(?:my|his|her|our|your|their)(?: new)? number\b|\b(?:reach|text|contact) (?:me|us|him|her|them)\b"
    r"|\bwhatsapp\b|\bsms\b|\bhotline\b|\bhelpline\b|\btelefon\w*|\btél\w*|\btelé\w*|\bportable\b|\bhandy\b"
    r"|\bmóvil\b|\bcelular\b|\bcellulare\b|\bтел\w*|\bзвони\w*|\bτηλ\w*|\bph\b|☎|📞|電話|电话|手机|手機|전화|โทร|फ़ोन|फोन|هاتف)"
    r"[^\n\d]{0,24}$",
    re.IGNORECASE,
)


def find_phones(text: str) -> Iterator[Span]:
    """Where telephone numbers stand."""
    if not _DIGITS.search(text):
        return  # nearly every text, and to look for all forms of a number takes twenty times as long
    found = sorted([*_PLAIN.finditer(text), *_TOLD.finditer(text)], key=lambda match: (match.start(), -match.end()))
    end = 0
    for match in found:
        digits = sum(map(str.isdigit, match[0]))
        if match.start() < end or not FEWEST_DIGITS <= digits <= MOST_DIGITS or _DECIMAL.fullmatch(match[0]):
            continue
        before = text[max(0, match.start() - BEFORE_CHARS) : match.start()]
        if match.re is _PLAIN or _WORDS.search(before):
            end = match.end()
            yield match.span()
