"""Private keys, access tokens and passwords in a text: by the forms that their makers gave them."""

import re
from collections.abc import Iterator

Span = tuple[int, int]

_BEGIN = r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
_END = r"-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
# From line to line: a real end or one spelt out in a string, and what quoting, comments and code put around it.
_NEXT = r"""[ \t"'`+,;(\\]*(?:\\r|\\n|\r|\n)(?:\\r|\\n|[\s"'`>#*|(])*"""
_HEADER = r"[A-Za-z][A-Za-z-]*: [^\r\n\\]{1,200}"
_LINE = r"=?[A-Za-z0-9+/]+={0,3}"
_LONG = r"[A-Za-z0-9+/]{40,}={0,3}"
# What only mentions the first line keeps all that follows: there must be a last line, or lines as long as a key's.
_PRIVATE_KEY = re.compile(
    rf"{_BEGIN}(?:{_NEXT}(?:{_HEADER}|{_LINE}))+{_NEXT}{_END}"
    rf"|{_BEGIN}(?:{_NEXT}{_HEADER})*(?:{_NEXT}{_LONG})+(?:{_NEXT}(?:[A-Za-z0-9+/]{{16,}}={{0,3}}|[A-Za-z0-9+/]+=+))?"
    rf"|{_BEGIN}\s*(?:{_LONG}\s*)+(?:{_END})?"
)
_TOKEN = re.compile(
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{30,}|\bglpat-[A-Za-z0-9_-]{20,}"
    r"|\bxox[abeoprs]-[A-Za-z0-9-]{10,}|\bxapp-\d-[A-Za-z0-9-]{20,}"
    r"|https://hooks\.slack\.com/services/[A-Za-z0-9/]{20,}"
    r"|\bsk-(?=[\w-]*\d)(?=[\w-]*[A-Z])[A-Za-z0-9_-]{20,}|\bsk-[0-9a-f]{32,}\b"
    r"|\b(?:[sr]k|pk)_(?:live|test)_[A-Za-z0-9]{16,}|\bwhsec_[A-Za-z0-9+/=]{24,}"
    r"|\bhf_[A-Za-z0-9]{30,}|\bnpm_[A-Za-z0-9]{36}\b|\bpypi-[A-Za-z0-9_-]{50,}|\bdop_v1_[0-9a-f]{64}\b"
    r"|\bAIza[0-9A-Za-z_-]{35}|\bya29\.[0-9A-Za-z_-]{20,}|\bGOCSPX-[0-9A-Za-z_-]{20,}"
    r"|\bSG\.[\w-]{16,}\.[\w-]{32,}|\b(?:AC|SK)[0-9a-f]{32}\b|\bkey-[0-9a-f]{32}\b"
    r"|\b\d{8,10}:AA[A-Za-z0-9_-]{32,}"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"
    r"|\bBearer (?=[\w.~+/-]*\d)[\w.~+/-]{20,}=*",
    re.ASCII,  # a letter of another script may stand close to a token
)
_TOKEN_MARKS = (
    *("AKIA", "ASIA", "ABIA", "ACCA", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "xapp-"),
    *(
        "hooks.slack",
        "sk-",
        "k_live_",
        "k_test_",
        "whsec_",
        "hf_",
        "npm_",
        "pypi-",
        "dop_v1_",
        "AIza",
        "ya29.",
        "GOCSPX",
    ),
    *("SG.", "AC", "SK", "key-", ":AA", "eyJ", "Bearer "),
)
# A named value counts when it holds letters and digits and is long: `token = parse_the_next_token` is code.
_NAMED = re.compile(
    r"(?i:api[_-]?key|(?:secret|access|account|auth|private)[_-]?(?:access[_-]?)?key|secret|token|passw(?:or)?d|pwd)"
    r"[\"']?\s*(?::|=>?)\s*[\"']?"
    r"(?P<value>(?=[A-Za-z0-9_/+-]*\d)(?=[A-Za-z0-9_/+-]*[A-Za-z])[A-Za-z0-9_/+-]{16,}={0,2})(?![\w.(\[])",
    re.ASCII,
)
_WORDY = re.compile(r"[a-z]+\d*(?:[_-][a-z]*\d*)+|/?(?:[\w.-]*/)+[\w.-]*")
"""A name in code, or a path; a path as long as a key and in both cases is none."""
SHORTEST_KEY_WITH_SLASH = 32
_NAMES = ("key", "secret", "token", "passw", "pwd")
# A name and a password before the host of an address.
_LOGIN = re.compile(r"(?<=://)[^\s/:@<>\"'{}$]+:[^\s/@<>\"'{}$]+(?=@[\w.-])")


def find_secrets(text: str) -> Iterator[Span]:
    """Where secrets stand; the literal marks are looked for first, since most texts have none."""
    if "PRIVATE KEY" in text:
        yield from (match.span() for match in _PRIVATE_KEY.finditer(text))
    if any(map(text.__contains__, _TOKEN_MARKS)):
        yield from (match.span() for match in _TOKEN.finditer(text))
    lowered = text.lower()
    if any(map(lowered.__contains__, _NAMES)):
        yield from (match.span() for match in _NAMED.finditer(text) if _looks_drawn(match["value"]))
    if "://" in text and "@" in text:
        yield from (match.span() for match in _LOGIN.finditer(text))


def _looks_drawn(value: str) -> bool:
    """False for words and paths, which somebody chose."""
    mixed = any(map(str.isupper, value)) and any(map(str.islower, value))
    return not _WORDY.fullmatch(value) or (mixed and "_" not in value and len(value) >= SHORTEST_KEY_WITH_SLASH)
