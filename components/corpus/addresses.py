"""Mail addresses and machines' addresses in a text."""

import ipaddress
import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from components.text.words import UNSPACED, combining_marks

Span = tuple[int, int]

PICTURES = frozenset({"png", "jpg", "jpeg", "gif", "svg", "webp", "js", "css"})
"""`icon@2x.png` is a file."""
ROBOTS = frozenset({"git", "hg", "svn"})
"""`git@host` is how everybody logs in."""
FEWEST_IPV6_GROUPS = 3
LONG_IPV6_GROUP = 3
MULTICAST = 224
HOME_NETWORK = [192, 168]
"""No version begins so."""
OWN_NETWORK = 10
BEFORE_CHARS = 90

# In ASCII's sense of a word: a letter of another script may stand close to an address.
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\.\d|\w|-\w)", re.ASCII)
_IPV6 = re.compile(
    r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){1,6}:\d{1,3}(?:\.\d{1,3}){3}"
    r"|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?![\w:]|\.\d)",
    re.ASCII,
)
_DIGIT = re.compile(r"\d")
_NUMBER = r"v?\d+(?:\.\d+)+(?:-\w+)?"
# Four numbers with dots are a version when the words before them say so, also for the next of a list.
_VERSION = re.compile(
    r"(?:(?:version|ver|v|vers|versión|versão|версия|версии|版本|버전|バージョン|release[sd]?|rel|build|firmware|revision|rev|patch|driver"
    r"|upgrad\w+|updat\w+|downgrad\w+|migrat\w+|section|sect|sec|chapter|clause|article|rule|figure|fig|table|item|step|paragraph|"
    r"appendix|oid|fileversion|productversion|assemblyversion)s?\b|§)"
    r"(?:[\W_]|\bfrom\b|\bto\b|\bin\b|\bof\b|\bis\b|\bnumber\b|\bno\b){0,8}"
    rf"(?:{_NUMBER}(?:\s|,|;|/|&|–|-|\(|\)|\band\b|\bor\b|\bto\b|\bthrough\b|\buntil\b)+)*$"
    r"|[=~<>!]=\s?v?$|[\w,][<>~^]v?$|[^\W\d][/-]v?$|\bv$",
    re.IGNORECASE,
)
# Of all addresses one in five thousand has four small numbers, of versions and sections nearly every one.
LARGEST_SMALL_NUMBER = 30
_MACHINE = re.compile(
    r"(?:\b(?:ip|ips|ipv4|address(?:es)?|hosts?|servers?|dns|ping|connect\w*|clients?|gateway|nodes?|proxy|peers?|remote|inet"
    r"|ssh|src|dst|subnet|network)\b|адрес\w*|地址|アドレス|[@]|://)[^\n]{0,12}$",
    re.IGNORECASE,
)
_PORT = re.compile(r":\d{2,5}\b|/\d{1,2}\b")
RESOLVERS = frozenset({"1.1.1.1", "1.0.0.1", "8.8.8.8", "8.8.4.4", "9.9.9.9"})
"""Addresses with small numbers that everybody writes."""


def find_emails(text: str) -> Iterator[Span]:
    """Mail addresses whose script sets words apart: their ends are plain even in a text that has no spaces."""
    yield from _find_emails(text, 0)


def find_other_emails(text: str) -> Iterator[Span]:
    """Mail addresses in scripts without spaces between words."""
    yield from _find_emails(text, 1)


def _find_emails(text: str, script: int) -> Iterator[Span]:
    if "@" not in text:
        return
    for match in _email_patterns()[script].finditer(text):
        local, _, domain = match[0].rpartition("@")
        if local.lower() not in ROBOTS and domain.rpartition(".")[2].lower() not in PICTURES:
            yield match.span()


@lru_cache(maxsize=1)
def _email_patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    marks = combining_marks()
    return _write_email(rf"(?:[^\W{UNSPACED}]|[{marks}])"), _write_email(rf"[\w{marks}]")


def _write_email(own: str) -> re.Pattern[str]:
    """An address of word characters; an apostrophe counts between two of them: `jean.d'arc@example.org`."""
    return re.compile(
        rf"(?<!{own}){own}(?:{own}|[.%+-]|['’](?={own})){{0,63}}@"
        rf"(?:{own}(?:(?:{own}|-){{0,61}}{own})?\.){{1,8}}(?:xn--[a-z0-9-]{{2,59}}|(?:(?![\d_]){own}){{2,24}})"
        rf"(?!{own}|\(|-{own})"
    )


def find_ips(text: str) -> Iterator[Span]:
    """Addresses that can be one machine's; `::`, 127.0.0.1, a netmask, a version and a slice `x[::2]` are nobody's."""
    if not _DIGIT.search(text):
        return
    if ":" in text:
        yield from _find_valid(text, _IPV6, _is_ipv6)
    if "." in text:
        yield from _find_valid(text, _IPV4, _is_ipv4)


def _find_valid(text: str, pattern: re.Pattern[str], confirm: Callable[[str, re.Match[str]], bool]) -> Iterator[Span]:
    for match in pattern.finditer(text):
        try:
            address = ipaddress.ip_address(match[0])
        except ValueError:
            continue
        if not (address.is_loopback or address.is_unspecified) and confirm(text, match):
            yield match.span()


def _is_ipv4(text: str, match: re.Match[str]) -> bool:
    parts = [int(part) for part in match[0].split(".")]
    if parts[:2] == HOME_NETWORK:
        return True
    before = text[max(0, match.start() - BEFORE_CHARS) : match.start()]
    if not 0 < parts[0] < MULTICAST or _VERSION.search(before):
        return False
    if max(parts) > LARGEST_SMALL_NUMBER or parts[0] == OWN_NETWORK or match[0] in RESOLVERS:
        return True
    return bool(_MACHINE.search(before) or _PORT.match(text, match.end()))


def _is_ipv6(_: str, match: re.Match[str]) -> bool:
    """Some group is long, as those of clocks, ratios and hardware addresses are not."""
    groups = [group for group in match[0].replace(".", ":").split(":") if group]
    return len(groups) >= FEWEST_IPV6_GROUPS and any(len(group) >= LONG_IPV6_GROUP for group in groups)
