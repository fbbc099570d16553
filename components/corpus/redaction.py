"""Personal data and secrets become placeholders; only their number is kept."""

import ipaddress
import re
from collections.abc import Callable, Sequence

from components.corpus.config import PiiName

_KEYS = (
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{30,}"
    r"|\bgithub_pat_[A-Za-z0-9_]{30,}"
    r"|\bxox[abeoprs]-[A-Za-z0-9-]{10,}"
    r"|\bsk-[A-Za-z0-9_-]{20,}"
    r"|\bhf_[A-Za-z0-9]{30,}"
    r"|\bAIza[0-9A-Za-z_-]{35}"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"
)
# A named value counts when it holds letters and digits and is long: `token = parse_the_next_token` is code.
_NAMED = (
    r"(?i:api[_-]?key|secret|token|passw(?:or)?d)[\"']?\s*[:=]\s*[\"']?"
    r"(?=[A-Za-z0-9_/+-]*\d)(?=[A-Za-z0-9_/+-]*[A-Za-z])[A-Za-z0-9_/+-]{16,}={0,2}"
)
_SECRET = re.compile(f"{_KEYS}|{_NAMED}")
_EMAIL = re.compile(r"\b\w[\w.%+-]{0,63}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}\b")
_IP = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\.\d|\w)"
    r"|(?<![\w:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?![\w:])"
)
# International form, or the 3-3-4 grouping; never a bare run of digits, nor sums with spaces around a minus.
_PHONE = re.compile(
    r"(?<![\w.+-])\+\d{1,3}(?:[ .-]?\(?\d{1,4}\)?){2,5}\d(?!\w|[.-]\d)"
    r"|(?<![\w.+-])\(\d{3}\) ?\d{3}[ .-]\d{4}(?!\w|-\d)"
    r"|(?<![\w.+-])\d{3}[.-]\d{3}[.-]\d{4}(?!\w|[.-]\d)"
)
FEWEST_PHONE_DIGITS = 8
FEWEST_ADDRESS_GROUPS = 3


def redact(text: str, names: Sequence[PiiName]) -> tuple[str, dict[str, int]]:
    """The text with placeholders such as `<email>`, and how many of each kind were put in."""
    counts: dict[str, int] = {}
    for name in names:
        pattern, confirms = _DETECTORS[name]
        text, counts[name] = _replace(text, pattern, f"<{name}>", confirms)
    return text, {name: count for name, count in counts.items() if count}


def _replace(text: str, pattern: re.Pattern[str], mark: str, confirms: Callable[[str], bool]) -> tuple[str, int]:
    count = 0

    def put(match: re.Match[str]) -> str:
        nonlocal count
        if not confirms(match[0]):
            return match[0]
        count += 1
        return mark

    return pattern.sub(put, text), count


def _is_someones_address(found: str) -> bool:
    """A valid address that can be one machine's; `::`, 127.0.0.1 and the slice in `x[::2]` are nobody's."""
    try:
        address = ipaddress.ip_address(found)
    except ValueError:
        return False
    written = [group for group in found.replace(".", ":").split(":") if group]
    return len(written) >= FEWEST_ADDRESS_GROUPS and not (address.is_loopback or address.is_unspecified)


def _is_long_enough(found: str) -> bool:
    return sum(map(str.isdigit, found)) >= FEWEST_PHONE_DIGITS


def _always(_: str) -> bool:
    return True


_DETECTORS: dict[PiiName, tuple[re.Pattern[str], Callable[[str], bool]]] = {
    "secret": (_SECRET, _always),
    "email": (_EMAIL, _always),
    "ip": (_IP, _is_someones_address),
    "phone": (_PHONE, _is_long_enough),
}
