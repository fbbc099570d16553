"""What a cell cost: of what several cells ask, the first in the grid bears it."""

from collections.abc import Iterable, Mapping

from components.icl.samples import Costs
from components.prompting.asker import count_prompt
from components.prompting.asking import Ask, Reply, Say


class Bill:
    """Of one model, over all its cells in their order."""

    def __init__(self, replies: Mapping[Ask, Reply]) -> None:
        self._replies = replies
        self._known: set[Ask] = set()
        self._read: set[tuple[int, ...]] = set()

    def add(self, costs: Costs, asked: Iterable[Ask]) -> None:
        """Put what was asked to a cell's costs."""
        for one in asked:
            reply, prompt = self._replies[one], count_prompt(one)
            costs.prompt_tokens += prompt
            costs.generated_tokens += len(reply.ids)
            if one in self._known:
                continue
            self._known.add(one)
            costs.seconds += reply.seconds
            costs.computed_tokens += len(reply.ids)
            if not isinstance(one, Say) or one.ids not in self._read:
                costs.computed_tokens += prompt
            if isinstance(one, Say):
                self._read.add(one.ids)
