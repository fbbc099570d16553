"""Asks one model: equal asks once, and none that was answered before a kill."""

import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from components.generation.answers import read_answers
from components.generation.pool import Pool
from components.generation.request import GenerationRequest, TokenForcer
from components.prompting.asking import Ask, Rate, Reply, Say, Weigh
from components.prompting.journal import Journal, name_ask
from components.scoring.continuations import score_continuations

BATCH_ASKS = 256
"""What is asked between two writes to the disk, and so what a kill loses, at most; it bears on time alone."""
NO_TOOLS: Mapping[str, TokenForcer | None] = MappingProxyType({})
RateAll = Callable[[Sequence[tuple[str, str]]], Sequence[float]]
"""Rewards of pairs of a question and an answer."""


class Asker:
    """Replies of one model, and of the reward model that is with it."""

    def __init__(
        self, pool: Pool, journal: Journal, rate: RateAll, what: str, tools: Mapping[str, TokenForcer | None] = NO_TOOLS
    ) -> None:
        self._pool, self._journal, self._rate, self._what, self._tools = pool, journal, rate, what, tools
        self.replies: dict[Ask, Reply] = {}
        """To all that was ever asked."""

    def ask(self, asks: Sequence[Ask]) -> list[Reply]:
        """Replies in the order of what is asked."""
        names = {one: name_ask(one) for one in dict.fromkeys(asks) if one not in self.replies}
        known = self._journal.replies
        self.replies.update({one: known[name] for one, name in names.items() if name in known})
        for kind in (Say, Weigh, Rate):
            left = [one for one in names if one not in self.replies and isinstance(one, kind)]
            for start in range(0, len(left), BATCH_ASKS):
                batch = left[start : start + BATCH_ASKS]
                found = self._answer(batch)
                self._journal.add({names[one]: reply for one, reply in zip(batch, found, strict=True)})
                self.replies.update(zip(batch, found, strict=True))
        return [self.replies[one] for one in asks]

    def _answer(self, batch: Sequence[Ask]) -> list[Reply]:
        """Of asks of one kind."""
        began = time.perf_counter()
        found = [
            *self._say([one for one in batch if isinstance(one, Say)]),
            *self._weigh([one for one in batch if isinstance(one, Weigh)]),
            *self._value([one for one in batch if isinstance(one, Rate)]),
        ]
        return _share_time(batch, found, time.perf_counter() - began)

    def _say(self, asks: Sequence[Say]) -> list[Reply]:
        forced = [None if one.tool is None else self._tools[one.tool] for one in asks]
        requests = [
            GenerationRequest(one.ids, one.sampling, stop=one.stop, force_tokens=force)
            for one, force in zip(asks, forced, strict=True)
        ]
        answers = read_answers(self._pool.tokenizer, self._pool.complete(requests, what=self._what)) if asks else []
        return [
            Reply(said.text, tuple(said.completion.token_ids), round(sum(said.completion.logprobs), 6))
            for said in answers
        ]

    def _weigh(self, asks: Sequence[Weigh]) -> list[Reply]:
        if not asks:
            return []
        prompts, continuations = [one.ids for one in asks], [one.continuation for one in asks]
        scores = self._pool.run(score_continuations, prompts, continuations)
        return [Reply(value=score.logprob) for score in scores]

    def _value(self, asks: Sequence[Rate]) -> list[Reply]:
        pairs = [(one.question, one.answer) for one in asks]
        return [Reply(value=value) for value in self._rate(pairs)] if pairs else []


def _share_time(batch: Sequence[Ask], found: Sequence[Reply], seconds: float) -> list[Reply]:
    tokens = [count_prompt(one) + len(reply.ids) + 1 for one, reply in zip(batch, found, strict=True)]
    rate = seconds / max(1, sum(tokens))
    return [
        Reply(reply.text, reply.ids, reply.value, round(count * rate, 6))
        for count, reply in zip(tokens, found, strict=True)
    ]


def count_prompt(ask: Ask) -> int:
    """Tokens that are read before anything is said."""
    match ask:
        case Say():
            return len(ask.ids)
        case Weigh():
            return len(ask.ids) + len(ask.continuation)
        case Rate():
            return 0
