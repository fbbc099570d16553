"""Stage serve alone, on a local Ray: the load test it makes, and the server it leaves to others."""

import asyncio
import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from openai import BadRequestError, OpenAI

from components.base.errors import GateError, PipelineError
from components.base.validation import validate
from components.base.yaml import read_yaml
from components.runtime.folder import save_model
from components.serve.app import AppSettings
from components.serve.chat import ask_server
from components.serve.config import ServeConfig
from components.serve.deployment import read_serve_config
from components.serve.session import serve_session
from components.text.tokenizer import load_tokenizer
from pipelines.serve import run
from tests.stages.tiny_models import PARAMS, read_shared, write_tiny_model
from tests.unit.generation.tiny_families import build_tiny

pytestmark = pytest.mark.ray
CONTEXT = 65_536
"""Room for an answer that takes minutes, so that one which ends sooner was stopped."""
NAME = "tiny"
DEAD_PROXY = "http://127.0.0.1:9"
PROXY_VARIABLES = [case(name) for name in ("http_proxy", "https_proxy", "all_proxy") for case in (str.lower, str.upper)]
HELLO = [{"role": "user", "content": "Tom has 3 apples."}]


@pytest.fixture(scope="module")
def quantize(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("quantize")
    write_tiny_model(folder / "model", context=CONTEXT)
    return folder


def make_settings(model: Path) -> AppSettings:
    return AppSettings(
        model=str(model),
        model_name=NAME,
        max_slots=4,
        max_waiting=4,
        max_body_bytes=100_000,
        cache_bytes=64_000_000,
        default_max_tokens=16,
        replicas=1,
        threads_per_replica=1,
        gpus_per_replica=0,
    )


@pytest.fixture(scope="module")
def url(quantize: Path) -> Iterator[str]:
    with serve_session(make_settings(quantize / "model")) as base_url:
        yield base_url


@pytest.fixture(scope="module")
def client(url: str) -> OpenAI:
    return OpenAI(base_url=f"{url}/v1", api_key="none", max_retries=0)


@pytest.fixture
def dead_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's proxy that answers nothing, in every variable that clients read."""
    for name in PROXY_VARIABLES:
        monkeypatch.setenv(name, DEAD_PROXY)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


def make_config(**changes: Any) -> ServeConfig:
    section = read_yaml(PARAMS)["serve"]
    small = {
        "parity_questions": 3,
        "max_tokens": 12,
        "load": [{"clients": 1, "requests": 2}, {"clients": 4, "requests": 8}],
    }
    cfg: ServeConfig = validate(ServeConfig, {**section, **small, **changes}, where="serve")
    return cfg


def test_the_stage_asks_measures_and_leaves_a_config(quantize: Path, tmp_path: Path, dead_proxy: None) -> None:
    cfg = make_config()
    metrics = run(cfg, shared=read_shared(), quantize=quantize, out=tmp_path).to_json()
    assert metrics["parity"] is True
    assert (metrics["requests_ok"], metrics["requests_failed"]) == (10, 0)
    assert 0 < metrics["p50_ms"] <= metrics["p95_ms"]
    assert metrics["tokens_per_s"] == metrics["load"]["4"]["tokens_per_s"] > 0
    settings, _ = read_serve_config(tmp_path / "serve_config.yaml")
    assert (settings.model, settings.model_name) == (str(quantize / "model"), cfg.model_name)


def test_a_stage_whose_requests_fail_does_not_pass(quantize: Path, tmp_path: Path) -> None:
    cfg = make_config(max_slots=1, max_waiting=0, parity_questions=1, load=[{"clients": 4, "requests": 8}])
    with pytest.raises(GateError, match=r"\d of 8 requests failed; the first error: RateLimitError") as caught:
        run(cfg, shared=read_shared(), quantize=quantize, out=tmp_path)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "serve_config.yaml").exists()


@pytest.mark.filterwarnings("ignore")
def test_a_model_that_cannot_be_run_is_refused_at_once_with_the_reason(tmp_path: Path) -> None:
    tokenizer = load_tokenizer(write_tiny_model(tmp_path / "llama"))
    save_model(build_tiny("xlnet", vocab_size=400), tokenizer, tmp_path / "model")
    said = r"the server did not come up: .*not causal"
    with pytest.raises(PipelineError, match=said) as caught, serve_session(make_settings(tmp_path / "model")):
        raise AssertionError("it must not come up")
    assert "Traceback" not in str(caught.value) and "\n" not in str(caught.value)


def test_chat_finds_its_server_past_the_users_proxy(url: str, dead_proxy: None) -> None:
    pieces = list(ask_server(url)([{"role": "user", "content": "Tom has 3 apples."}]))
    assert pieces, "a random model may say nothing, but it says so piece by piece"


def test_models_health_and_page_are_there(url: str, client: OpenAI) -> None:
    assert [model.id for model in client.models.list()] == [NAME]
    assert client.models.retrieve(NAME).id == NAME
    assert httpx.get(f"{url}/healthz").json()["status"] == "ok"
    for path in ("/", "/healthz", "/v1/models", f"/v1/models/{NAME}"):
        head = httpx.head(f"{url}{path}")
        assert (head.status_code, head.content) == (200, b""), path
    page = httpx.get(url)
    assert page.headers["content-type"].startswith("text/html") and "v1/chat/completions" in page.text
    assert "//" not in page.text.replace("http://www.w3.org/2000/svg", ""), "the page must load nothing from elsewhere"


def test_a_stream_brings_pieces_that_join_to_the_whole(client: OpenAI) -> None:
    asked: dict[str, Any] = {"model": NAME, "messages": HELLO, "temperature": 0.9, "seed": 7, "max_tokens": 12}
    whole = client.chat.completions.create(**asked)
    chunks = list(client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    assert len([chunk for chunk in chunks if chunk.choices]) > 2
    assert chunks[-2].choices[0].finish_reason == whole.choices[0].finish_reason
    assert chunks[-1].usage == whole.usage
    assert whole.usage is not None and whole.usage.total_tokens == whole.usage.prompt_tokens + 12


def test_plain_completions_stream_too(client: OpenAI) -> None:
    asked: dict[str, Any] = {"model": NAME, "prompt": "Question: Tom", "temperature": 0.0, "max_tokens": 9}
    whole = client.completions.create(**asked).choices[0]
    pieces = [chunk.choices[0].text for chunk in client.completions.create(**asked, stream=True)]
    assert "".join(pieces) == whole.text and whole.finish_reason == "length"


def test_memory_is_reserved_as_texts_grow(url: str, client: OpenAI) -> None:
    client.completions.create(model=NAME, prompt="Question: Tom", max_tokens=4)
    reserved = httpx.get(f"{url}/healthz").json()["cache_bytes"]
    slots, token_bytes = 4, 2 * 2 * 32 * 4
    assert 0 < reserved < slots * CONTEXT * token_bytes / 100


@pytest.mark.parametrize("stream", [False, True])
def test_beyond_the_context_is_a_400_streamed_or_not(client: OpenAI, stream: bool) -> None:
    with pytest.raises(BadRequestError, match=str(CONTEXT)) as caught:
        client.chat.completions.create(model=NAME, messages=HELLO, max_tokens=CONTEXT, stream=stream)  # type: ignore[arg-type]
    assert caught.value.code == "context_length_exceeded"


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("chat/completions", b"{not json", 400, "not a JSON object"),
        ("chat/completions", b"\xff\xfe", 400, "not a JSON object"),
        ("chat/completions", b"[]", 400, "it is a list"),
        ("chat/completions", b"", 400, "not a JSON object"),
        ("chat/completions", {"model": NAME, "messages": HELLO, "temperature": -1}, 400, "'temperature'"),
        ("chat/completions", {"model": NAME, "messages": []}, 400, "'messages'"),
        ("chat/completions", {"model": NAME, "messages": [{"role": "robot", "content": ""}]}, 400, "role"),
        ("chat/completions", {"model": NAME, "messages": [{"role": "user", "content": "\ud800"}]}, 400, "surrogate"),
        ("chat/completions", b'{"model": "tiny", "messages": [{"role": "\\ud800", "content": ""}]}', 400, "role"),
        ("completions", b'{"model": "tiny", "prompt": "x", "\\ud800": 1}', 400, "unicode"),
        ("chat/completions", {"model": "gpt-9", "messages": HELLO}, 404, "gpt-9"),
        ("completions", {"model": NAME, "prompt": "x", "best_of": 3}, 400, "'best_of' is not supported"),
        ("embeddings", {}, 404, "/v1/embeddings"),
    ],
)
def test_a_bad_request_is_answered_in_openai_shape(url: str, path: str, body: Any, status: int, says: str) -> None:
    sent = {"content": body} if isinstance(body, bytes) else {"json": body}
    if says == "surrogate":
        sent = {"content": b'{"model": "tiny", "messages": [{"role": "user", "content": "\\ud800"}]}'}
    answer = httpx.post(f"{url}/v1/{path}", **sent)
    assert answer.status_code == status
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert says in error["message"] and "Traceback" not in answer.text


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_a_compressed_body_is_refused_by_the_name_of_its_coding(url: str, coding: str) -> None:
    body = gzip.compress(json.dumps({"model": NAME, "messages": HELLO}).encode())
    answer = httpx.post(f"{url}/v1/chat/completions", content=body, headers={"Content-Encoding": coding})
    assert answer.status_code == 415
    assert f"'{coding}'" in answer.json()["error"]["message"]


def test_a_body_beyond_the_bound_is_a_413_and_the_server_answers_meanwhile(url: str) -> None:
    body = {"model": NAME, "messages": [{"role": "user", "content": "Tom has 3 apples. " * 600_000}]}

    async def ask_all() -> tuple[httpx.Response, list[float]]:
        async with httpx.AsyncClient(timeout=60) as web:
            large = asyncio.create_task(web.post(f"{url}/v1/chat/completions", json=body))
            waits: list[float] = []
            while not large.done() or len(waits) < 3:
                begun = time.monotonic()
                assert (await web.get(f"{url}/healthz")).status_code == 200
                waits.append(time.monotonic() - begun)
            return await large, waits

    answer, waits = asyncio.run(ask_all())
    assert answer.status_code == 413 and "100000 bytes" in answer.json()["error"]["message"]
    assert max(waits) < 2.0


def test_a_conversation_goes_on_with_our_own_answer_as_the_client_dumps_it(client: OpenAI) -> None:
    first = client.chat.completions.create(model=NAME, messages=HELLO, max_tokens=4, tools=[], store=False)  # type: ignore[arg-type]
    turns: Any = [*HELLO, first.choices[0].message.model_dump(), *HELLO]
    assert client.chat.completions.create(model=NAME, messages=turns, max_completion_tokens=4).choices


def test_the_wrong_method_is_a_405_in_openai_shape(url: str) -> None:
    answer = httpx.get(f"{url}/v1/chat/completions")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "POST"


def test_too_many_requests_are_answered_429_and_the_rest_is_served(url: str) -> None:
    body = {"model": NAME, "messages": HELLO, "max_tokens": 300, "temperature": 0.0}

    async def ask_all() -> list[int]:
        async with httpx.AsyncClient(timeout=60) as web:
            answers = await asyncio.gather(*(web.post(f"{url}/v1/chat/completions", json=body) for _ in range(14)))
            return sorted(answer.status_code for answer in answers)

    codes = asyncio.run(ask_all())
    assert set(codes) == {200, 429} and codes.count(200) >= 8


@pytest.mark.parametrize("stream", [False, True])
def test_a_client_that_goes_away_stops_the_work(url: str, stream: bool) -> None:
    body = {"model": NAME, "messages": HELLO, "max_tokens": CONTEXT - 100, "stream": stream, "temperature": 0.0}

    async def go_away() -> tuple[bool, int]:
        async with httpx.AsyncClient(timeout=60) as web:

            async def count() -> int:
                return int((await web.get(f"{url}/healthz")).json()["in_flight"])

            asked = asyncio.create_task(web.post(f"{url}/v1/chat/completions", json=body))
            while not await count():
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.3)
            ran = await count() == 1 and not asked.done()
            asked.cancel()
            begun = time.monotonic()
            while await count() and time.monotonic() - begun < 10:
                await asyncio.sleep(0.05)
            return ran, await count()

    assert asyncio.run(go_away()) == (True, 0)
