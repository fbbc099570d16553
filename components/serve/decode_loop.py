"""A thread that owns the engine, between an event loop's requests and the model's steps."""

import asyncio
import itertools
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from components.generation.completion import Event
from components.generation.engine import Engine
from components.generation.request import GenerationRequest

log = logging.getLogger("ray.serve")


class BusyError(Exception):
    """Slots and queue are full."""


@dataclass(frozen=True)
class RequestHandle:
    """A request in flight; `events` brings its tokens, and None if the engine broke."""

    request_id: int
    events: "asyncio.Queue[Event | None]" = field(default_factory=asyncio.Queue)


class DecodeLoop:
    """Runs `engine.step` in its own thread, so that a step never stalls the event loop.

    `prepare` is called first thing in that thread (torch keeps its thread count per thread).
    """

    def __init__(self, engine: Engine, *, max_waiting: int, prepare: Callable[[], None]) -> None:
        self.bound = engine.max_slots + max_waiting
        self._engine = engine
        self._prepare = prepare
        self._loop = asyncio.get_running_loop()
        self._handles: dict[int, RequestHandle] = {}
        self._next_id = itertools.count()
        self._inbox: list[Callable[[], None]] = []
        self._wake = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="decode", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """The thread still serves."""
        return self._thread.is_alive()

    @property
    def in_flight(self) -> int:
        """Requests waiting or running."""
        return len(self._handles)

    def open(self) -> RequestHandle:
        """A place for a request (event loop only). Raises BusyError at the bound."""
        if len(self._handles) >= self.bound:
            raise BusyError
        handle = RequestHandle(next(self._next_id))
        self._handles[handle.request_id] = handle
        if not self.alive:
            handle.events.put_nowait(None)
        return handle

    def submit(self, handle: RequestHandle, request: GenerationRequest) -> None:
        """Begin the request of a handle (event loop only)."""
        self._post(lambda: self._engine.add(handle.request_id, request))

    def release(self, handle: RequestHandle) -> None:
        """End a request, finished or not: what still runs of it stops (event loop only)."""
        if self._handles.pop(handle.request_id, None):
            self._post(lambda: self._engine.cancel(handle.request_id))

    def close(self) -> None:
        """Stop the thread."""
        self._closed = True
        self._post(lambda: None)
        self._thread.join()

    def _post(self, command: Callable[[], None]) -> None:
        with self._wake:
            self._inbox.append(command)
            self._wake.notify()

    def _run(self) -> None:
        try:
            self._prepare()
            while not self._closed:
                self._run_commands()
                if events := self._engine.step():
                    self._loop.call_soon_threadsafe(self._deliver, events)
        except Exception:
            log.exception("the decode thread ended")
            self._loop.call_soon_threadsafe(self._break)

    def _run_commands(self) -> None:
        """Do what was asked since the last step; sleep while there is nothing to do."""
        with self._wake:
            while not self._inbox and self._engine.idle:
                self._wake.wait()
            commands, self._inbox = self._inbox, []
        for command in commands:
            command()

    def _deliver(self, events: list[Event]) -> None:
        for event in events:
            if handle := self._handles.get(event.request_id):
                handle.events.put_nowait(event)

    def _break(self) -> None:
        for handle in self._handles.values():
            handle.events.put_nowait(None)
