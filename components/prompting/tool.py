"""Any way to ask, by a model that may call a tool while it answers."""

from collections.abc import Sequence
from dataclasses import replace

from components.prompting.asking import Reply, Say, Steps, T


def call_tool(steps: Steps[T], tool: str) -> Steps[T]:
    """The same way to ask, where all that is said may call the tool of this name."""
    replies: Sequence[Reply] | None = None
    while True:
        try:
            asks = next(steps) if replies is None else steps.send(replies)
        except StopIteration as end:
            result: T = end.value
            return result
        replies = yield [replace(one, tool=tool) if isinstance(one, Say) else one for one in asks]
