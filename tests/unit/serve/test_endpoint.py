"""What the HTTP side does to every request, without a model behind it."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import Request
from fastapi.testclient import TestClient

from components.serve.endpoint import accept, describe_model, make_api, read_json, require_model, write_events
from components.serve.errors import BROKEN, RequestError
from components.serve.replies import Delta, Reply

api = make_api()


@api.post("/echo")
async def echo(request: Request) -> Any:
    return await read_json(request, most_bytes=100)


@api.get("/broken")
async def broken() -> None:
    raise KeyError("a secret of ours")


CLIENT = TestClient(api, raise_server_exceptions=False)


def test_a_body_within_bounds_is_read() -> None:
    assert CLIENT.post("/echo", json={"a": 1}).json() == {"a": 1}


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"[1]", {}, 400),
        (b"\xff\xfe", {}, 400),
        (b"[" * 90, {}, 400),
        (b"x" * 101, {}, 413),
        (b"{}", {"content-encoding": "gzip"}, 415),
    ],
)
def test_what_is_no_json_object_within_bounds_is_refused_in_openais_shape(
    content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = CLIENT.post("/echo", content=content, headers=headers)
    assert answer.status_code == status
    assert set(answer.json()["error"]) >= {"message", "type", "code"}


def test_unknown_places_and_methods_are_named() -> None:
    assert CLIENT.get("/nowhere").json()["error"]["code"] == "not_found"
    refused = CLIENT.get("/echo")
    assert (refused.status_code, refused.json()["error"]["code"]) == (405, "method_not_allowed")


def test_a_failure_of_ours_tells_no_secret() -> None:
    answer = CLIENT.get("/broken")
    assert answer.status_code == BROKEN.status
    assert "secret" not in answer.text


def test_another_models_name_is_refused_with_ours() -> None:
    require_model("mine", "mine")
    with pytest.raises(RequestError, match="mine"):
        require_model("yours", "mine")
    assert describe_model("mine")["id"] == "mine"
    with pytest.raises(RequestError):
        accept(BROKEN)


def test_an_error_behind_the_first_piece_ends_the_stream_inside_it() -> None:
    async def fail() -> AsyncIterator[Any]:
        yield BROKEN

    async def collect() -> list[str]:
        reply = Reply("text", "mine")
        return [event async for event in write_events(reply, Delta("a", [1], 3), fail(), with_usage=True)]

    first, last = asyncio.run(collect())
    assert json.loads(first.removeprefix("data: "))["choices"][0]["text"] == "a"
    assert json.loads(last.removeprefix("data: "))["error"]
