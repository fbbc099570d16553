"""Who answers which request of a batch: one queue for all engines, in which a lost engine's requests stand again."""

from collections import deque
from collections.abc import Mapping, Sequence

from components.generation.completion import Completion
from components.generation.offline import order_requests
from components.generation.request import GenerationRequest

Share = list[tuple[int, GenerationRequest]]
"""Requests with their places in the batch."""


class WorkQueue:
    """The requests of a batch: waiting, in the hand of an engine, or answered."""

    def __init__(self, requests: Sequence[GenerationRequest], engines: int, *, most_in_hand: int) -> None:
        self._requests = requests
        self._most_in_hand = most_in_hand
        self._waiting = deque(order_requests(requests))
        self._in_hand: list[set[int]] = [set() for _ in range(engines)]
        self._found: dict[int, Completion] = {}

    @property
    def done(self) -> bool:
        """Whether every request is answered."""
        return len(self._found) == len(self._requests)

    @property
    def completions(self) -> list[Completion]:
        """The answers, in the order of the requests."""
        return [self._found[index] for index in range(len(self._requests))]

    def deal(self, engine: int) -> Share:
        """What an engine is given to do besides what it has in hand."""
        room = self._most_in_hand - len(self._in_hand[engine])
        dealt = [self._waiting.popleft() for _ in range(min(room, len(self._waiting)))]
        self._in_hand[engine].update(dealt)
        return [(index, self._requests[index]) for index in dealt]

    def is_busy(self, engine: int) -> bool:
        """Whether an engine has something in hand."""
        return bool(self._in_hand[engine])

    def accept(self, engine: int, done: Mapping[int, Completion]) -> None:
        """Take an engine's answers."""
        self._in_hand[engine] -= done.keys()
        self._found.update(done)

    def take_back(self, engine: int) -> None:
        """Put what a lost engine had in hand before all that waits."""
        self._waiting.extendleft(sorted(self._in_hand[engine], reverse=True))
        self._in_hand[engine].clear()
