"""What a request may say, and how a response reads."""

import json
from typing import Any

import pytest

from components.serve.errors import RequestError
from components.serve.protocol import ChatBody, CompletionBody, make_request, parse_body

CHAT = {"model": "m", "messages": [{"role": "user", "content": "2 + 2?"}]}


def refuse(changes: dict[str, Any], kind: type[ChatBody] | type[CompletionBody] = ChatBody) -> str:
    with pytest.raises(RequestError) as caught:
        make_request(parse_body(kind, {**CHAT, **changes}))
    response = caught.value.response
    assert response.status == 400
    assert set(response.body()["error"]) == {"message", "type", "param", "code"}
    assert "\n" not in response.message
    return response.message


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"temperature": -0.1}, "'temperature'"),
        ({"temperature": 2.5}, "'temperature'"),
        ({"temperature": "hot"}, "'temperature'"),
        ({"top_p": 0.0}, "'top_p'"),
        ({"max_tokens": 0}, "'max_tokens'"),
        ({"max_tokens": 3, "max_completion_tokens": 4}, "differ"),
        ({"messages": []}, "'messages'"),
        ({"messages": "hello"}, "'messages'"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "'messages.0.role'"),
        ({"messages": [{"role": "user"}]}, "'messages.0.content'"),
        ({"n": 2}, "'n'"),
        ({"presence_penalty": 0.5}, "'presence_penalty'"),
        ({"messages": ["hello"]}, "'messages.0': it must be an object"),
        ({"tools": [{}]}, "'tools' is not supported"),
        ({"logprobs": True}, "'logprobs' is not supported"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop"),
        ({"stop": ""}, "stop"),
        ({"seed": 1.5}, "'seed'"),
    ],
)
def test_a_bad_field_is_named(changes: dict[str, Any], says: str) -> None:
    assert says in refuse(changes)


def test_a_missing_field_is_named() -> None:
    with pytest.raises(RequestError, match="'messages' is missing"):
        parse_body(ChatBody, {"model": "m"})


def test_an_empty_prompt_is_refused() -> None:
    with pytest.raises(RequestError, match="'prompt'"):
        parse_body(CompletionBody, {"model": "m", "prompt": ""})


def test_defaults_are_those_of_openai_and_seeds_are_drawn() -> None:
    first, second = (make_request(parse_body(ChatBody, CHAT)) for _ in range(2))
    assert (first.temperature, first.top_p, first.max_tokens, first.stop) == (1.0, 1.0, None, ())
    assert first.seed != second.seed


def test_null_means_default_and_parts_are_joined() -> None:
    parts = [{"type": "text", "text": "2 + "}, {"type": "text", "text": "2?"}]
    body = {**CHAT, "temperature": None, "stop": None, "messages": [{"role": "user", "content": parts}]}
    request = make_request(parse_body(ChatBody, body))
    assert request.prompt == [{"role": "user", "content": "2 + 2?"}]


def test_a_negative_seed_is_a_seed() -> None:
    request = make_request(parse_body(ChatBody, {**CHAT, "seed": -1, "stop": "."}))
    assert request.seed >= 0 and request.stop == (".",)


@pytest.mark.parametrize("changes", [{"\ud800": 1}, {"messages": [{"role": "\ud800", "content": "x"}]}])
def test_a_refusal_that_quotes_a_lone_surrogate_can_be_written(changes: dict[str, Any]) -> None:
    with pytest.raises(RequestError) as caught:
        parse_body(ChatBody, {**CHAT, **changes})
    body = json.dumps(caught.value.response.body(), ensure_ascii=False)
    assert "\\\\ud800" in str(body.encode())
