"""The model side of the server: text in, pieces of text out. Plain Python, so that a test needs no Ray."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import torch

from components.base.errors import ArtifactError, DataError
from components.generation.completion import Event
from components.generation.engine import Engine
from components.generation.request import GenerationRequest
from components.generation.sampling import SamplingParams
from components.generation.text_stream import TextStream
from components.generation.tool_calls import NO_TOOL, build_forcer
from components.model.capabilities import limit_context, read_end_ids
from components.model.config import InferenceConfig
from components.runtime.folder import load_folder
from components.serve.decode_loop import BusyError, DecodeLoop, RequestHandle
from components.serve.encoder import PromptEncoder
from components.serve.errors import BROKEN, ErrorResponse, RequestError, refuse_busy, refuse_long
from components.serve.protocol import ParsedRequest
from components.serve.replies import Delta
from components.text.tokenizer import decode_answer
from components.tools.config import ToolConfig

WARM_UP_TOKENS = 16


class Replica:
    """One model, one engine, one decode thread. Must be made inside a running event loop.

    Answers and errors are plain values: an exception across processes would lose its meaning.
    """

    def __init__(
        self,
        folder: Path,
        inference: InferenceConfig,
        *,
        max_slots: int,
        max_waiting: int,
        default_max_tokens: int,
        cache_bytes: int,
        threads: int,
        tool: ToolConfig = NO_TOOL,
    ) -> None:
        model, self._tokenizer = load_folder(folder, inference.dtype)
        self._force_tokens = build_forcer(tool, self._tokenizer)
        self.context = limit_context(model.config, inference.max_length)
        self._default_max_tokens = default_max_tokens
        self._encoder = PromptEncoder(self._tokenizer, self.context)
        self._engine = Engine(
            model,
            end_token_ids=read_end_ids(model),
            max_slots=max_slots,
            max_len=self.context,
            cache_bytes=cache_bytes,
            keep_idle=True,
        )
        if self._engine.longest < 2:
            raise ArtifactError(f"cache_bytes: {cache_bytes} bytes hold no block of this model's keys and values")
        warm_up(self._engine)
        self._loop = DecodeLoop(self._engine, max_waiting=max_waiting, prepare=lambda: torch.set_num_threads(threads))

    @property
    def alive(self) -> bool:
        """Whether it can answer."""
        return self._loop.alive

    @property
    def in_flight(self) -> int:
        """Requests waiting or running."""
        return self._loop.in_flight

    @property
    def reserved_bytes(self) -> int:
        """Memory that keys and values take now."""
        return self._engine.reserved_bytes

    def close(self) -> None:
        """Stop the threads."""
        self._encoder.close()
        self._loop.close()

    async def complete(self, request: ParsedRequest) -> Delta | ErrorResponse:
        """The whole answer at once."""
        text, token_ids = "", list[int]()
        async for item in self.stream(request):
            if isinstance(item, ErrorResponse):
                return item
            text += item.text
            token_ids += item.token_ids
            last = item
        return Delta(text, token_ids, last.prompt_tokens, last.finish_reason)

    async def stream(self, request: ParsedRequest) -> AsyncIterator[Delta | ErrorResponse]:
        """Pieces of an answer, or one error. A caller that goes away ends the request."""
        try:
            handle = self._loop.open()
        except BusyError:
            yield refuse_busy(self._loop.bound)
            return
        try:
            begun = await self._begin(handle, request)
            if isinstance(begun, ErrorResponse):
                yield begun
                return
            async for item in self._read(handle, TextStream(self._decode, request.stop), begun):
                yield item
        finally:
            self._loop.release(handle)

    async def _read(
        self, handle: RequestHandle, text: TextStream, prompt_tokens: int
    ) -> AsyncIterator[Delta | ErrorResponse]:
        """What the engine says, until it ends or breaks."""
        while True:
            events = await _take(handle)
            if events is None:
                yield BROKEN
                return
            delta = _advance(text, events, prompt_tokens)
            if delta.text or delta.token_ids or delta.finish_reason:
                yield delta
            if delta.finish_reason:
                return

    async def _begin(self, handle: RequestHandle, request: ParsedRequest) -> int | ErrorResponse:
        """Hand the request to the engine; returns the length of its prompt."""
        try:
            prompt_ids = await self._encoder.encode(request.prompt)
        except RequestError as error:
            return error.response
        except DataError as error:
            return ErrorResponse(
                400, str(error), "invalid_value", "messages" if isinstance(request.prompt, list) else "prompt"
            )
        room = self._engine.longest - len(prompt_ids)
        wanted = request.max_tokens or max(1, min(self._default_max_tokens, room))
        if wanted > room:
            return refuse_long(len(prompt_ids), wanted, self.context, self._engine.longest)
        sampling = SamplingParams(wanted, request.temperature, request.top_p, seed=request.seed)
        self._loop.submit(handle, GenerationRequest(prompt_ids, sampling, force_tokens=self._force_tokens))
        return len(prompt_ids)

    def _decode(self, token_ids: Sequence[int]) -> str:
        return decode_answer(self._tokenizer, token_ids)


def warm_up(engine: Engine) -> None:
    """Answer a first short text, for whom weights are laid out as products want them: no reader should wait for that.

    (The first answer of a 135 M-parameter INT8 model took seven seconds.)
    """
    engine.add(0, GenerationRequest([0] * min(WARM_UP_TOKENS, engine.longest - 1), SamplingParams(1)))
    with torch.inference_mode():
        while not engine.idle:
            engine.step()


async def _take(handle: RequestHandle) -> list[Event] | None:
    """All tokens that are there, at least one: a slow reader gets larger pieces, not a longer queue."""
    events = [await handle.events.get()]
    while not handle.events.empty():
        events.append(handle.events.get_nowait())
    known = [event for event in events if event is not None]
    return known if len(known) == len(events) else None


def _advance(text: TextStream, events: list[Event], prompt_tokens: int) -> Delta:
    """Turn tokens into a piece of the answer; the token that completes a stop string is the last counted."""
    said, token_ids = "", list[int]()
    for event in events:
        if event.finish_reason == "stop":
            return Delta(said + text.finish(), token_ids, prompt_tokens, "stop")
        token_ids.append(event.token_id)
        said += text.feed([event.token_id])
        if text.stopped:
            return Delta(said, token_ids, prompt_tokens, "stop")
        if event.finish_reason:
            said += text.finish()
            return Delta(said, token_ids, prompt_tokens, "stop" if text.stopped else event.finish_reason)
    return Delta(said, token_ids, prompt_tokens)
