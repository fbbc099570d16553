"""Questions put to a running server through the openai client: is it right, and how fast is it?"""

import asyncio
import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from openai import AsyncOpenAI, DefaultAsyncHttpxClient, OpenAIError

from components.base.errors import DataError, GateError
from components.base.progress import progress_bar
from components.generation.fitting import fits
from components.generation.pool import Pool, generate_answers
from components.generation.sampling import SamplingParams
from components.metrics.deployment import LoadFigures, ServeMetrics
from components.serve.config import LoadLevel, ServeConfig
from components.tasks.config import SharedConfig
from components.tasks.run_tasks import draw_items, has_items
from components.tasks.task import Item
from components.tasks.uses import USES, Use
from components.text.chat import render_chat

TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Reply:
    """One answer over HTTP, or why there is none; times from the moment of asking."""

    text: str = ""
    token_ids: tuple[int, ...] = ()
    finish_reason: str | None = None
    completion_tokens: int = 0
    first_token_s: float | None = None
    latency_s: float = 0.0
    error: str | None = None


def draw_questions(cfg: ServeConfig, shared: SharedConfig, pool: Pool) -> list[str]:
    """Questions that evaluation never asks, in the phrasing that asks for steps; any others where there are none.

    Raises DataError when none of them leaves room for an answer in the model's context.
    """
    asked = [item.ask_fixed(cot=True) for item in draw_items_to_ask(cfg, shared)]
    rendered = {text: render_chat(pool.tokenizer, [{"role": "user", "content": text}]) for text in asked}
    fitting = [text for text in asked if fits(pool, rendered[text], cfg.max_tokens)]
    if not fitting:
        raise DataError("serve: no question leaves room in the model's context for max_tokens")
    return fitting


def draw_items_to_ask(cfg: ServeConfig, shared: SharedConfig) -> list[Item]:
    """The items behind them."""
    uses: tuple[Use, ...] = ("validation", *USES)
    use: Use = next((use for use in uses if has_items(shared, use, cfg.tasks)), "test")
    return draw_items(shared, use, cfg.parity_questions, stream="serve", names=cfg.tasks, where="serve.tasks")


def answer_offline(pool: Pool, questions: Sequence[str], max_tokens: int) -> list[Reply]:
    """The same questions answered greedily without a server."""
    prompts = [render_chat(pool.tokenizer, [{"role": "user", "content": question}]) for question in questions]
    answers = generate_answers(pool, prompts, SamplingParams(max_tokens), what="offline")
    return [Reply(a.text, tuple(a.completion.token_ids), a.completion.finish_reason) for a in answers]


def check_parity(url: str, name: str, questions: Sequence[str], offline: Sequence[Reply], max_tokens: int) -> bool:
    """Whether every answer, streamed and not, equals the offline one token for token."""

    async def ask_both() -> list[Reply]:
        async with _client(url) as client:
            asks = [_ask(client, name, q, max_tokens, streamed=s) for s in (False, True) for q in questions]
            return list(await asyncio.gather(*asks))

    return [_substance(a) for a in asyncio.run(ask_both())] == [_substance(a) for a in offline] * 2


def _substance(reply: Reply) -> tuple[Any, ...]:
    return reply.token_ids, reply.text, reply.finish_reason, reply.error


def measure_load(
    url: str, name: str, questions: Sequence[str], levels: Sequence[LoadLevel], max_tokens: int
) -> ServeMetrics:
    """Latency and throughput at each level; the widest level's figures stand on top, all levels under `load`."""
    table = {str(level.clients): _measure_level(url, name, questions, level, max_tokens) for level in levels}
    widest = table[str(max(level.clients for level in levels))]
    return ServeMetrics(
        requests_ok=sum(row.requests_ok for row in table.values()),
        requests_failed=sum(row.requests_failed for row in table.values()),
        p50_ms=widest.p50_ms,
        p95_ms=widest.p95_ms,
        requests_per_s=widest.requests_per_s,
        tokens_per_s=widest.tokens_per_s,
        load=table,
    )


def require_answers(parity: bool, load: ServeMetrics) -> None:
    """Raises GateError unless every answer was given, and was the offline one."""
    failed = load.requests_failed or 0
    asked = failed + (load.requests_ok or 0)
    if parity and failed == 0:
        return
    errors = sorted({error for row in load.load.values() for error in row.errors or ()})
    said = f"; the first error: {errors[0]}" if errors else ""
    raise GateError(
        f"serve: the load test failed: answers {'equal' if parity else 'differ from'} the offline ones,"
        f" {failed} of {asked} requests failed{said}"
    )


def summarise_replies(answers: Sequence[Reply], wall_s: float) -> LoadFigures:
    """Figures of one level. Latency is of whole answers; failed requests count as failed and as nothing else."""
    good = [answer for answer in answers if answer.error is None]
    latencies_ms = [answer.latency_s * 1000 for answer in good]
    first_ms = [answer.first_token_s * 1000 for answer in good if answer.first_token_s is not None]
    errors = sorted({answer.error for answer in answers if answer.error is not None})
    return LoadFigures(
        requests_ok=len(good),
        requests_failed=len(answers) - len(good),
        p50_ms=_percentile(latencies_ms, 50),
        p95_ms=_percentile(latencies_ms, 95),
        first_token_p50_ms=_percentile(first_ms, 50),
        requests_per_s=round(len(good) / wall_s, 2),
        tokens_per_s=round(sum(answer.completion_tokens for answer in good) / wall_s, 1),
        errors=errors or None,
    )


def _percentile(values: Sequence[float], percent: float) -> float | None:
    return round(float(np.percentile(values, percent)), 1) if values else None


def _measure_level(url: str, name: str, questions: Sequence[str], level: LoadLevel, max_tokens: int) -> LoadFigures:
    begun = time.perf_counter()
    replies = asyncio.run(_ask_all(url, name, questions, level, max_tokens))
    return summarise_replies(replies, time.perf_counter() - begun)


async def _ask_all(url: str, name: str, questions: Sequence[str], level: LoadLevel, max_tokens: int) -> list[Reply]:
    """Each client asks its next question once its last is answered; every other answer is streamed."""
    numbers = iter(range(level.requests))
    answers: list[Reply] = []

    async def run_client(client: AsyncOpenAI) -> None:
        for number in numbers:
            question = questions[number % len(questions)]
            answers.append(await _ask(client, name, question, max_tokens, streamed=number % 2 == 1))
            bar.update()

    with progress_bar(level.requests, f"{level.clients} clients", "request") as bar:
        async with _client(url) as client:
            await asyncio.gather(*itertools.starmap(run_client, [(client,)] * level.clients))
    return answers


def _client(url: str) -> AsyncOpenAI:
    """Without retries, for a retry would hide a failure; past the user's proxy, which knows no server of ours."""
    web = DefaultAsyncHttpxClient(trust_env=False, timeout=TIMEOUT_S)
    return AsyncOpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0, timeout=TIMEOUT_S, http_client=web)


async def _ask(client: AsyncOpenAI, name: str, question: str, max_tokens: int, *, streamed: bool) -> Reply:
    wanted: dict[str, Any] = {
        "model": name,
        "messages": [{"role": "user", "content": question}],
        "temperature": 0.0,
        "max_tokens": max_tokens,
        "extra_body": {"return_token_ids": True},
    }
    begun = time.perf_counter()
    try:
        ask = _read_stream if streamed else _read_whole
        return await ask(client, wanted, begun)
    except OpenAIError as error:
        return Reply(error=f"{type(error).__name__}: {error}")


async def _read_whole(client: AsyncOpenAI, wanted: dict[str, Any], begun: float) -> Reply:
    reply = await client.chat.completions.create(**wanted)
    choice = reply.choices[0]
    return Reply(
        text=choice.message.content or "",
        token_ids=tuple((choice.model_extra or {})["token_ids"]),
        finish_reason=choice.finish_reason,
        completion_tokens=reply.usage.completion_tokens if reply.usage else 0,
        latency_s=time.perf_counter() - begun,
    )


async def _read_stream(client: AsyncOpenAI, wanted: dict[str, Any], begun: float) -> Reply:
    text, token_ids, finish_reason, first_token_s, tokens = "", list[int](), None, None, 0
    stream = await client.chat.completions.create(**wanted, stream=True, stream_options={"include_usage": True})
    async for chunk in stream:
        tokens = chunk.usage.completion_tokens if chunk.usage else tokens
        for choice in chunk.choices:
            text += choice.delta.content or ""
            token_ids += (choice.model_extra or {}).get("token_ids", [])
            finish_reason = choice.finish_reason or finish_reason
            if token_ids and first_token_s is None:
                first_token_s = time.perf_counter() - begun
    return Reply(text, tuple(token_ids), finish_reason, tokens, first_token_s, time.perf_counter() - begun)
