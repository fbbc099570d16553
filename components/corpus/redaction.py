"""Personal data and secrets become placeholders; only their number is kept."""

from collections.abc import Callable, Iterable, Sequence

from components.corpus.addresses import find_emails, find_ips, find_other_emails
from components.corpus.config import PiiName
from components.corpus.phones import find_phones
from components.corpus.secrets import find_secrets

Span = tuple[int, int]

_FINDERS: dict[PiiName, tuple[Callable[[str], Iterable[Span]], ...]] = {
    "secret": (find_secrets,),
    "email": (find_emails, find_other_emails),
    "ip": (find_ips,),
    "phone": (find_phones,),
}


def redact(text: str, names: Sequence[PiiName]) -> tuple[str, dict[str, int]]:
    """The text with placeholders such as `<email>`, and how many of each kind were put in."""
    counts: dict[str, int] = {}
    for name in names:
        for find in _FINDERS[name]:
            text, count = _replace(text, sorted(find(text)), f"<{name}>")
            counts[name] = counts.get(name, 0) + count
    return text, {name: count for name, count in counts.items() if count}


def _replace(text: str, spans: Sequence[Span], mark: str) -> tuple[str, int]:
    """Of spans that overlap, what they cover together becomes one mark."""
    pieces, end, count = [], 0, 0
    for start, stop in spans:
        if start >= end:
            pieces += [text[end:start], mark]
            count += 1
        end = max(end, stop)
    return "".join([*pieces, text[end:]]), count
