"""The thread that owns the engine."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from components.generation.completion import Event
from components.generation.request import GenerationRequest
from components.generation.sampling import SamplingParams
from components.serve.decode_loop import BusyError, DecodeLoop


class CountingEngine:
    """Gives each request its number again and again, three times in all."""

    max_slots = 1

    def __init__(self) -> None:
        self.left: dict[int, int] = {}
        self.cancelled: list[int] = []

    @property
    def idle(self) -> bool:
        return not self.left

    def add(self, request: int, *_: Any) -> None:
        self.left[request] = 3

    def cancel(self, request: int) -> None:
        self.cancelled.append(request)
        self.left.pop(request, None)

    def step(self) -> list[Event]:
        events = []
        for request in list(self.left):
            self.left[request] -= 1
            last = self.left[request] == 0
            events.append(Event(request, request, 0.0, "length" if last else None))
            if last:
                del self.left[request]
        return events


def run(engine: CountingEngine, question: Callable[[DecodeLoop], Awaitable[None]]) -> None:
    async def main() -> None:
        loop = DecodeLoop(engine, max_waiting=1, prepare=lambda: None)  # type: ignore[arg-type]
        try:
            await asyncio.wait_for(question(loop), 10)
        finally:
            loop.close()

    asyncio.run(main())


def test_events_reach_the_request_they_belong_to() -> None:
    async def question(loop: DecodeLoop) -> None:
        handles = [loop.open(), loop.open()]
        for handle in handles:
            loop.submit(handle, GenerationRequest([1], SamplingParams(3)))
        for handle in handles:
            events = [await handle.events.get() for _ in range(3)]
            assert [event.token_id for event in events if event] == [handle.request_id] * 3

    run(CountingEngine(), question)


def test_beyond_slots_and_queue_nobody_enters_until_somebody_leaves() -> None:
    engine = CountingEngine()

    async def question(loop: DecodeLoop) -> None:
        first, _ = loop.open(), loop.open()
        with pytest.raises(BusyError):
            loop.open()
        loop.release(first)
        loop.release(first)
        assert loop.open().request_id not in (first.request_id, 1)
        while not engine.cancelled:
            await asyncio.sleep(0.01)
        assert engine.cancelled == [first.request_id]

    run(engine, question)


def test_a_broken_engine_is_told_to_all_who_wait_and_to_who_comes_later() -> None:
    class BrokenEngine(CountingEngine):
        def step(self) -> list[Event]:
            raise RuntimeError("broken")

    async def question(loop: DecodeLoop) -> None:
        handle = loop.open()
        loop.submit(handle, GenerationRequest([1], SamplingParams(3)))
        assert await handle.events.get() is None
        while loop.alive:
            await asyncio.sleep(0.01)
        assert await loop.open().events.get() is None

    run(BrokenEngine(), question)
