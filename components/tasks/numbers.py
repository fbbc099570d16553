"""Numbers as people and models write them, read as exact values.

Integers, decimals, fractions, mixed numbers, percentages, powers of ten; thousands separated by commas, spaces,
apostrophes or underscores; LaTeX; digits, signs and spaces of any script.
"""

import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction

_SIGNS = dict.fromkeys(map(ord, "\u2212\ufe63\uff0d"), "-") | {0xFF0B: "+", 0xFE62: "+"}
# A dash is a minus sign only where a number follows at once; elsewhere it parts a sentence.
_DASH = re.compile(r"[\u2010-\u2013](?=[$€£]?\.?\d|\\[dtc]?frac)")
_SPACES = dict.fromkeys(map(ord, "\u00a0\u2007\u2008\u2009\u200a\u202f\u2002\u2003\u3000"), " ")
_MARKS = {
    ord(written): plain
    for written, plain in {
        "，": ",", "．": ".", "٫": ".", "٬": ",", "٪": "%", "％": "%", "／": "/", "⁄": "/", "∕": "/", "÷": "/",
        "＄": "$", "\u2019": "'", "＇": "'", "·": "×", "⋅": "×", "\u200b": "", "\u2060": "", "\ufeff": "",
    }.items()
}  # fmt: skip
_SYMBOLS = _SIGNS | _SPACES | _MARKS
_LATEX = (
    (re.compile(r"\\[dtc]frac"), r"\\frac"),
    (re.compile(r"\\(?:!|left|right|displaystyle)(?![A-Za-z])"), ""),
    (re.compile(r"\\(?:mathbf|mathrm|textbf|boldsymbol)\s*\{([^{}]*)\}"), r"\1"),
    (re.compile(r"\{,\}"), ","),
    (re.compile(r"\\[,;: ]|~"), " "),
    (re.compile(r"\\([$%#])"), r"\1"),
    (re.compile(r"\\(?:times|cdot)(?![A-Za-z])"), "×"),
)
_LATEX_FRACTION = re.compile(r"\\frac\s*(?:\{\s*(-?[\d.,]+)\s*\}|(\d))\s*(?:\{\s*(-?[\d.,]+)\s*\}|(\d))")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")

_INTEGER = (
    r"\d{1,3}(?:,\d{2,3})*,\d{3}(?!\d)"  # 1,200 and 1,00,000
    r"|\d{1,3}(?: \d{3})+(?!\d)"
    r"|\d{1,3}(?:'\d{3})+(?!\d)"
    r"|\d{1,3}(?:_\d{3})+(?!\d)"
    r"|\d{1,3}(?:\.\d{3}){2,}(?!\d)"
)
_DECIMAL = (
    r"(?:\d{1,3}(?:[. ]\d{3})+,\d{1,2}(?!\d)"  # 1.234,50 and 1 234,50
    r"|(?<!\d,)\d+,\d{1,2}(?![\d,])"
    rf"|(?:{_INTEGER})(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
)
_CURRENCY = r"[$€£¥₹₽₩]"
NUMBER = (
    rf"(?:[-+]\s?)?{_CURRENCY}?\s?[-+]?"
    r"(?:(?:10\s?\^\s?\{?-?\d{1,3}\}?)"
    r"|\d+ \d+/\d+(?![\d/])"
    rf"|{_DECIMAL}(?:[eE][-+]?\d{{1,3}}(?!\w)|\s?[×x*]\s?10\s?\^\s?\{{?-?\d{{1,3}}\}}?)?(?:\s?/\s?\d+(?:\.\d+)?)?)"
    r"(?:\s?%|\s(?:percent|per cent)\b)?"
)
"""What one number looks like in text that `simplify_text` has made plain."""
NO_POWER = r"(?!\d|\s?\^|[eE][-+]?\d)"
"""Behind a number that is no base of a power: half of "2^5" or of "1e9999" is no answer."""
# Scripts that put no space between a word and a number: Thai to Khmer, Chinese, Japanese, Korean.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff"
# A number does not begin inside a word, inside another number or in an exponent.
_ANYWHERE = re.compile(rf"(?<![^\W{_UNSPACED}])(?<![.^])(?<!\^\{{)(?<!\^-)({NUMBER}){NO_POWER}")
_WRAPPERS = re.compile(r"^[\s*`]*(?:\\[(\[])?|(?:\\[)\]])?[\s*`]*$")
_WHOLE = re.compile(rf"\s*{NUMBER}\s*{_CURRENCY}?\s*\.?\s*")


class Percentage(str):
    """A share in its one spelling ("1/2" for 50 %); `points` is the figure before the sign."""

    points: str

    def __new__(cls, value: Fraction) -> "Percentage":
        """A share of so many hundredths."""
        share = super().__new__(cls, value / 100)
        share.points = str(value)
        return share

    def __reduce__(self) -> tuple[type["Percentage"], tuple[Fraction]]:
        return type(self), (Fraction(self.points),)


def normalise_number(text: str) -> str | None:
    """One spelling per value: "1,200.0" is "1200", "0.5", "2/4" and "50 %" are "1/2"; None if no number."""
    plain = _WRAPPERS.sub("", simplify_text(text)).strip("$ ")
    return read_plain(plain) if _WHOLE.fullmatch(plain) else None


def find_numbers(text: str) -> Iterator[str]:
    """Every number of a text, in one spelling each, in order."""
    for match in _ANYWHERE.finditer(simplify_text(text)):
        if (value := read_plain(match[1])) is not None:
            yield value


def same_value(found: str, gold: str) -> bool:
    """Whether two answers are the same; a percentage also equals its bare figure, as many answer keys have it."""
    points = [answer.points for answer in (found, gold) if isinstance(answer, Percentage)]
    return found == gold or (len(points) == 1 and (found in points or gold in points))


def simplify_text(text: str) -> str:
    """Digits, signs, spaces, vulgar fractions and LaTeX's numbers in their ASCII forms."""
    if not text.isascii():
        text = re.sub(r"10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)", lambda m: f"10^{m[1].translate(_RAISED)}", text)
        text = "".join(map(_simplify_character, _DASH.sub("-", text.translate(_SYMBOLS))))
        text = re.sub(r"(?<=\d) ?\x00", " ", text).replace("\x00", "")
    if "\\" in text or "{" in text or "~" in text:
        for pattern, plain in _LATEX:
            text = pattern.sub(plain, text)
        text = re.sub(r"(\d)\s*(?=\\frac)", r"\1 ", text)
        text = _LATEX_FRACTION.sub(_divide_plainly, text)
    return text


def _simplify_character(character: str) -> str:
    if character.isascii():
        return character
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    # ½ is one character; the zero byte marks where a whole number may stand before it.
    form = unicodedata.normalize("NFKC", character)
    return "\0" + form.replace("\u2044", "/") if re.fullmatch(r"\d+\u2044\d+", form) else character


def _divide_plainly(match: re.Match[str]) -> str:
    above, below = match[1] or match[2], match[3] or match[4]
    if below.startswith("-"):
        above, below = above.removeprefix("-") if above.startswith("-") else f"-{above}", below[1:]
    return f"{above}/{below}"


def read_plain(text: str) -> str | None:
    """The value of what matched `NUMBER`; None for a division by zero and for numbers too long to be meant."""
    bare = re.sub(rf"{_CURRENCY}|%|percent|per cent|[{{}}]", "", text).strip().rstrip(".").strip()
    sign = -1 if re.match(r"\+?\s*-", bare) else 1
    try:
        value = sign * _read_unsigned(bare.lstrip("+- "))
        return Percentage(value) if bare != text and re.search(r"%|percent|per cent", text) else str(value)
    except (ValueError, ZeroDivisionError):
        return None


def _read_unsigned(text: str) -> Fraction:
    if mixed := re.fullmatch(r"(\d+) (\d+)/(\d+)", text):
        return int(mixed[1]) + Fraction(int(mixed[2]), int(mixed[3]))
    above, slash, below = text.partition("/")
    if slash:
        return _read_unsigned(above.strip()) / _read_unsigned(below.strip())
    if power := re.fullmatch(r"(?:(.+?)\s?[×x*]\s?)?10\s?\^\s?(-?\d{1,3})", text):
        return (_read_unsigned(power[1]) if power[1] else Fraction(1)) * Fraction(10) ** int(power[2])
    return Fraction(_join_groups(text))


def _join_groups(text: str) -> str:
    """A decimal without separators, its point a point."""
    if re.fullmatch(r"\d{1,3}(?:[. ]\d{3})+,\d{1,2}|\d{1,3}(?:\.\d{3}){2,}", text) or (
        re.fullmatch(r"\d+,\d{1,2}", text) is not None
    ):
        return re.sub(r"[. ]", "", text).replace(",", ".")
    return re.sub(r"[,'_ ]", "", text)
