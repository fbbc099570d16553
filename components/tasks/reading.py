"""How an lm-eval page reads an answer: where it ends, what of it counts, and what is dropped before it is compared."""

import string
from dataclasses import dataclass

from components.text.patterns import find_all, substitute

_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True)
class TextReading:
    """A page's `until`, the pattern of its first filter, and the normalisation of its exact match."""

    until: tuple[str, ...] = ()
    pattern: str | None = None
    group_select: int = 0
    ignored: tuple[str, ...] = ()
    """Patterns of what is dropped."""
    ignore_case: bool = False
    ignore_punctuation: bool = False

    def read(self, text: str) -> str | None:
        """What counts of a text that a model wrote; None where the pattern finds nothing."""
        for stop in self.until:
            text = text.split(stop, maxsplit=1)[0]
        if self.pattern is None:
            return self.normalise(text)
        finds = find_all(self.pattern, text)
        if not finds:
            return None
        found = finds[self.group_select] if -len(finds) <= self.group_select < len(finds) else ""
        if isinstance(found, tuple):
            found = next((group for group in found if group), "")
        return self.normalise(found.strip()) if found else None

    def normalise(self, text: str) -> str:
        """A text, the gold answer too, as it is compared."""
        for pattern in self.ignored:
            text = substitute(pattern, "", text)
        text = text.lower() if self.ignore_case else text
        return (text.translate(_NO_PUNCTUATION) if self.ignore_punctuation else text).strip()
