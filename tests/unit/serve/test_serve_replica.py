"""The model side of the server, without Ray."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest

from components.generation.blocks import BLOCK_TOKENS
from components.generation.offline import generate
from components.generation.pool import LocalPool, generate_answers
from components.generation.sampling import SamplingParams
from components.generation.tool_calls import ToolForcer
from components.model.config import InferenceConfig
from components.runtime.folder import load_folder
from components.serve import replica as serving
from components.serve.errors import ErrorResponse
from components.serve.protocol import ParsedRequest
from components.serve.replica import Replica
from components.serve.replies import Delta
from components.text.chat import render_chat
from components.text.tokenizer import encode_text
from components.tools.config import CallMarks
from tests.stages.tiny_models import write_tiny_model

T = TypeVar("T")
CONTEXT = 96
CHAT = [{"role": "user", "content": "Tom has 3 apples."}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_model(tmp_path_factory.mktemp("model"), context=CONTEXT)


def ask(folder: Path, question: Callable[[Replica], Awaitable[T]], **changes: int) -> T:
    async def run() -> T:
        bounds = {"max_slots": 4, "max_waiting": 4, "default_max_tokens": 16, "threads": 1, "cache_bytes": 10**8}
        replica = Replica(folder, InferenceConfig(), **dict[str, Any](bounds | changes))
        try:
            return await asyncio.wait_for(question(replica), 60)
        finally:
            replica.close()

    return asyncio.run(run())


def make_request(prompt: Any = "Tom has", **changes: Any) -> ParsedRequest:
    return ParsedRequest(
        **{"prompt": prompt, "max_tokens": 12, "temperature": 0.0, "top_p": 1.0, "seed": 1, "stop": ()} | changes
    )


def test_greedy_answers_equal_offline_ones(folder: Path) -> None:
    model, tokenizer = load_folder(folder)
    prompts = [encode_text(tokenizer, f"Tom has {n}") for n in range(9)]
    prompts.append(render_chat(tokenizer, CHAT))
    offline = generate(model, prompts, SamplingParams(12), end_token_ids=[tokenizer.eos_token_id])

    async def question(replica: Replica) -> list[Delta | ErrorResponse]:
        jobs = [make_request(f"Tom has {n}") for n in range(9)] + [make_request(CHAT)]
        return list(await asyncio.gather(*(replica.complete(request) for request in jobs)))

    answers = ask(folder, question, max_waiting=16)
    assert [a.token_ids for a in answers if isinstance(a, Delta)] == [done.token_ids for done in offline]


def test_pieces_of_a_stream_join_to_the_whole(folder: Path) -> None:
    async def question(replica: Replica) -> tuple[list[Any], Any]:
        pieces = [item async for item in replica.stream(make_request(temperature=1.0))]
        return pieces, await replica.complete(make_request(temperature=1.0))

    pieces, whole = ask(folder, question)
    assert "".join(p.text for p in pieces) == whole.text
    assert [token for p in pieces for token in p.token_ids] == whole.token_ids
    assert [p.finish_reason for p in pieces[:-1]] == [None] * (len(pieces) - 1)
    assert pieces[-1].finish_reason == whole.finish_reason == "length"


def test_a_stop_string_ends_the_answer_before_it(folder: Path) -> None:
    async def question(replica: Replica) -> tuple[Any, Any]:
        whole = await replica.complete(make_request(max_tokens=20))
        assert isinstance(whole, Delta)
        stop = whole.text[4:6]
        return whole, (stop, await replica.complete(make_request(max_tokens=20, stop=(stop,))))

    whole, (stop, cut) = ask(folder, question)
    assert cut.text == whole.text[: whole.text.find(stop)]
    assert cut.finish_reason == "stop"
    assert len(cut.token_ids) < len(whole.token_ids)


def test_a_served_answer_calls_the_tool_as_an_offline_one_does(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, tokenizer = load_folder(folder)
    prompt = encode_text(tokenizer, "Tom has")
    [free] = generate_answers(LocalPool(model, tokenizer), [prompt], SamplingParams(12), what="free")
    marks = CallMarks(begin=free.text[0], result=free.text[3], end="!")  # it says " has"
    forcer = ToolForcer(tokenizer, lambda _: "7", marks)
    monkeypatch.setattr(serving, "build_forcer", lambda *_: forcer)
    pool = LocalPool(model, tokenizer, force_tokens=forcer)
    [offline] = generate_answers(pool, [prompt], SamplingParams(12), what="offline")

    async def question(replica: Replica) -> Any:
        return await replica.complete(make_request())

    served = ask(folder, question)
    assert "7!" in served.text
    assert (served.text, served.token_ids) == (offline.text, offline.completion.token_ids)


def test_beyond_the_context_is_refused_with_the_numbers(folder: Path) -> None:
    async def question(replica: Replica) -> Any:
        return await replica.complete(make_request("Tom has", max_tokens=CONTEXT))

    response = ask(folder, question)
    assert (
        isinstance(response, ErrorResponse)
        and response.code == "context_length_exceeded"
        and str(CONTEXT) in response.message
    )


def test_beyond_the_memory_is_refused_with_the_numbers_and_the_rest_is_answered_in_turn(folder: Path) -> None:
    block = 2 * 2 * 32 * 4 * BLOCK_TOKENS  # keys and values, layers, width, float32

    async def question(replica: Replica) -> list[Any]:
        jobs = [
            make_request("Tom has", max_tokens=40),
            *(make_request(f"Tom has {n}", max_tokens=20) for n in range(6)),
        ]
        return list(await asyncio.gather(*(replica.complete(request) for request in jobs)))

    response, *answers = ask(folder, question, cache_bytes=block)
    assert isinstance(response, ErrorResponse) and "memory for 32 tokens" in response.message
    assert response.code == "context_length_exceeded" and response.status == 400
    assert all(isinstance(answer, Delta) and len(answer.token_ids) == 20 for answer in answers)


def test_a_prompt_that_fills_the_context_is_refused(folder: Path) -> None:
    async def question(replica: Replica) -> Any:
        return await replica.complete(make_request("apple " * 200, max_tokens=None))

    response = ask(folder, question)
    assert isinstance(response, ErrorResponse) and (response.status, response.code) == (400, "context_length_exceeded")


def test_beyond_slots_and_queue_is_answered_429(folder: Path) -> None:
    async def question(replica: Replica) -> list[Any]:
        return list(await asyncio.gather(*(replica.complete(make_request()) for _ in range(5))))

    answers = ask(folder, question, max_slots=1, max_waiting=2)
    assert [a.status for a in answers if isinstance(a, ErrorResponse)] == [429, 429]


def test_a_long_prompt_is_refused_unread_and_an_encodable_one_delays_nobody(tmp_path: Path) -> None:
    long_context = write_tiny_model(tmp_path, context=75_000)
    text = "Tom has 3 apples. " * 50_000

    async def question(replica: Replica) -> Any:
        begun = time.perf_counter()
        refused = await replica.complete(make_request(text * 6))
        unread_s = time.perf_counter() - begun
        whale = asyncio.create_task(replica.complete(make_request(text)))
        longest_s, answers = 0.0, 0
        while not whale.done():
            begun = time.perf_counter()
            answers += isinstance(await replica.complete(make_request(max_tokens=1)), Delta)
            await asyncio.sleep(0)
            longest_s = max(longest_s, time.perf_counter() - begun)
        return refused, unread_s, await whale, longest_s, answers

    refused, unread_s, whale, longest_s, answers = ask(long_context, question)
    assert isinstance(refused, ErrorResponse) and "characters" in refused.message and unread_s < 0.1
    assert isinstance(whale, ErrorResponse) and whale.code == "context_length_exceeded"
    assert answers > 5 and longest_s < 1.0, "another request waited for the tokenizer"


def test_token_ids_are_a_prompt_and_unknown_ones_are_named(folder: Path) -> None:
    _, tokenizer = load_folder(folder)
    ids = tuple(encode_text(tokenizer, "Tom has"))

    async def question(replica: Replica) -> list[Any]:
        return [await replica.complete(make_request(prompt)) for prompt in ("Tom has", ids, (1, 99_999), ())]

    text, same, unknown, nothing = ask(folder, question)
    assert same == text
    assert isinstance(unknown, ErrorResponse) and "99999" in unknown.message and unknown.status == 400
    assert isinstance(nothing, Delta) and nothing.prompt_tokens == 1


def test_who_goes_away_leaves_no_work_behind(tmp_path: Path) -> None:
    long_context = write_tiny_model(tmp_path, context=100_000)
    minutes = {"max_tokens": 90_000}

    async def question(replica: Replica) -> tuple[bool, int, bool]:
        task = asyncio.create_task(replica.complete(make_request(CHAT, **minutes)))
        stream = replica.stream(make_request(CHAT, **minutes))
        await anext(stream)
        ran = replica.in_flight == 2 and not replica._engine.idle
        task.cancel()
        await stream.aclose()  # type: ignore[attr-defined]
        await asyncio.gather(task, return_exceptions=True)
        for _ in range(500):
            if replica._engine.idle:
                break
            await asyncio.sleep(0.01)
        return ran, replica.in_flight, replica._engine.idle

    assert ask(long_context, question) == (True, 0, True)


def test_a_broken_engine_is_told_and_makes_the_replica_unhealthy(folder: Path) -> None:
    async def question(replica: Replica) -> Any:
        replica._loop._engine.step = lambda: 1 / 0  # type: ignore[method-assign, assignment, return-value]
        answer = await replica.complete(make_request())
        for _ in range(100):
            if not replica.alive:
                break
            await asyncio.sleep(0.01)
        return answer, replica.alive

    answer, alive = ask(folder, question)
    assert isinstance(answer, ErrorResponse) and answer.status == 500
    assert not alive
