"""Questions that are asked together, asked once, and not asked again after a kill."""

import os
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from components.base.errors import ArtifactError
from components.generation.completion import Completion
from components.generation.pool import Pool
from components.generation.request import GenerationRequest
from components.generation.sampling import SamplingParams
from components.prompting.asker import Asker
from components.prompting.asking import Ask, Rate, Reply, Say, Steps, run_together
from components.prompting.journal import Journal


def say(*ids: int) -> Say:
    return Say(ids, SamplingParams(4))


class EchoPool:
    """Says its prompt backwards, and does something first."""

    def __init__(self, first: Callable[[int], None] = lambda _: None) -> None:
        self.tokenizer, self.batches, self._first = None, [], first  # type: ignore[var-annotated]

    def complete(self, requests: Sequence[GenerationRequest], *, what: str | None) -> list[Completion]:
        self._first(len(self.batches))
        self.batches.append([tuple(request.prompt_ids) for request in requests])
        return [Completion([*r.prompt_ids][::-1], [-0.5], "stop", text=str(r.prompt_ids)) for r in requests]


def open_asker(folder: Path, pool: EchoPool) -> Asker:
    return Asker(cast(Pool, cast(Any, pool)), Journal(folder), lambda pairs: [float(len(b)) for _, b in pairs], "test")


def test_ways_of_unequal_length_share_their_rounds() -> None:
    rounds: list[list[Ask]] = []

    def ask(asks: Sequence[Ask]) -> list[Reply]:
        rounds.append(list(asks))
        return [Reply(value=float(one.ids[0])) for one in asks if isinstance(one, Say)]

    def sum_up(numbers: list[int]) -> Steps[float]:
        total = 0.0
        for number in numbers:
            [reply] = yield [say(number)]
            total += reply.value
        return total

    courses = run_together([sum_up([1, 2, 3]), sum_up([]), sum_up([4, 5])], ask)
    assert [course.result for course in courses] == [6.0, 0.0, 9.0]
    assert rounds == [[say(1), say(4)], [say(2), say(5)], [say(3)]]
    assert courses[2].asked == [say(4), say(5)]


def test_equal_asks_are_asked_once_and_replies_keep_their_order(tmp_path: Path) -> None:
    pool = EchoPool()
    asker = open_asker(tmp_path, pool)
    replies = asker.ask([say(1, 2), Rate("q", "four"), say(3), say(1, 2)])
    assert [reply.ids for reply in replies] == [(2, 1), (), (3,), (2, 1)]
    assert replies[1].value == 4.0
    asker.ask([say(3)])
    assert pool.batches == [[(1, 2), (3,)]]


def test_a_killed_process_leaves_its_replies_to_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.prompting.asker.BATCH_ASKS", 2)
    asks = [say(number) for number in range(5)]

    def die_in_the_third(batch: int) -> None:
        if batch == 2:
            os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if not child:
        open_asker(tmp_path, EchoPool(die_in_the_third)).ask(asks)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    pool = EchoPool()
    replies = open_asker(tmp_path, pool).ask(asks)
    assert pool.batches == [[(4,)]]
    assert [reply.ids for reply in replies] == [(number,) for number in range(5)]


def test_replies_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "000000.jsonl").write_text('{"ask": "x"', encoding="utf-8")
    with pytest.raises(ArtifactError, match=r"000000.jsonl: replies that cannot be read"):
        Journal(tmp_path)
