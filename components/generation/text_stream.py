"""From token ids, as they come, to text that is safe to send."""

from collections.abc import Callable, Sequence

INCOMPLETE = "\ufffd"


class TextStream:
    """Holds back half a character, and what may be the beginning of a stop string.

    The pieces joined equal the decoding of all ids, cut before the first stop string.
    """

    def __init__(self, decode: Callable[[Sequence[int]], str], stop: tuple[str, ...] = ()) -> None:
        self._decode = decode
        self._stop = stop
        self._ids: list[int] = []
        self._anchor = 0
        self._read = 0
        self._known = ""
        self._held = ""
        self.stopped = False

    def feed(self, token_ids: Sequence[int]) -> str:
        """Take new ids; return the text that they make certain. Sets `stopped` at a stop string."""
        self._ids += token_ids
        self._held += self._read_on(final=False)
        return self._cut(final=False)

    def finish(self) -> str:
        """Whatever was held back, once no more ids come."""
        self._held += self._read_on(final=True)
        return self._cut(final=True)

    def _read_on(self, *, final: bool) -> str:
        """Text of the ids since the last whole character.

        Decoding begins one piece early, for some tokenizers drop the space before a first word.
        """
        whole = self._decode(self._ids[self._anchor :])
        if whole.endswith(INCOMPLETE) and not final:
            return ""
        new = whole[len(self._known) :]
        self._anchor, self._read = self._read, len(self._ids)
        self._known = self._decode(self._ids[self._anchor :])
        return new

    def _cut(self, *, final: bool) -> str:
        found = [at for at in (self._held.find(stop) for stop in self._stop) if at >= 0]
        if found:
            self.stopped = True
            sent, self._held = self._held[: min(found)], ""
            return sent
        keep = 0 if final else self._longest_beginning()
        sent, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        return sent

    def _longest_beginning(self) -> int:
        """Length of the longest end of the held text that begins a stop string."""
        most = len(self._held)
        return max(
            (n for stop in self._stop for n in range(1, min(len(stop), most + 1)) if self._held.endswith(stop[:n])),
            default=0,
        )
