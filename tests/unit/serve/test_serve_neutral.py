"""Every field of OpenAI's schema: what asks for nothing is taken, what cannot be had is refused by name.

The fields come from the installed openai package, so that a newer schema cannot bring a field that is forgotten here.
"""

from typing import Any, get_type_hints

import pytest
from openai.types import completion_create_params as text_params
from openai.types.chat import (
    ChatCompletionAssistantMessageParam,
    ChatCompletionContentPartTextParam,
    ChatCompletionMessage,
    ChatCompletionStreamOptionsParam,
    ChatCompletionUserMessageParam,
)
from openai.types.chat import completion_create_params as chat_params

from components.serve.errors import RequestError
from components.serve.protocol import ChatBody, CompletionBody, ParsedRequest, make_request, parse_body
from components.serve.replies import Delta, Reply

USER = {"role": "user", "content": "2 + 2?"}
CHAT = {"model": "m", "messages": [USER], "seed": 1}
TEXT = {"model": "m", "prompt": "2 + 2 =", "seed": 1}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}
CHAT_VALUES: dict[str, tuple[list[Any], list[Any]]] = {
    "audio": ([None], [{"format": "wav", "voice": "ash"}]),
    "frequency_penalty": ([None, 0, 0.0], [0.5, -1]),
    "function_call": ([None, "none", "auto"], [{"name": "f"}]),
    "functions": ([None, []], [[{"name": "f"}]]),
    "logit_bias": ([None, {}, {"5": 0}], [{"5": 3}]),
    "logprobs": ([None, False], [True]),
    "max_completion_tokens": ([None], [0]),
    "max_tokens": ([None], [0]),
    "messages": ([[USER]], [[], None]),
    "metadata": ([None, {}, {"run": "a"}], [{"run": 1}]),
    "modalities": ([None, ["text"]], [["text", "audio"]]),
    "model": (["m"], [None, 3]),
    "moderation": ([None], [{"model": "x"}]),
    "n": ([None, 1], [2, True]),
    "parallel_tool_calls": ([None, True, False], ["yes"]),
    "prediction": ([None], [{"type": "content", "content": "x"}]),
    "presence_penalty": ([None, 0, 0.0], [0.5]),
    "prompt_cache_key": ([None, "k"], [1]),
    "prompt_cache_options": ([None, {}, {"mode": "implicit"}], [{"mode": "explicit"}]),
    "prompt_cache_retention": ([None, "in_memory"], ["24h"]),
    "reasoning_effort": ([None, "none"], ["high"]),
    "response_format": ([None, {"type": "text"}], [{"type": "json_object"}]),
    "safety_identifier": ([None, "u"], [1]),
    "seed": ([1], [1.5]),
    "service_tier": ([None, "auto", "default"], ["priority"]),
    "stop": ([None, []], ["", 5, ["a"] * 5]),
    "store": ([None, False], [True]),
    "stream": ([None, False], ["yes"]),
    "stream_options": ([None, {}, {"include_usage": False, "include_obfuscation": False}], [{"chunk": 3}]),
    "temperature": ([None, 1], [3]),
    "tool_choice": ([None, "none", "auto"], ["required"]),
    "tools": ([None, []], [[TOOL]]),
    "top_logprobs": ([None, 0], [5]),
    "top_p": ([None, 1], [0]),
    "user": ([None, "u"], [1]),
    "verbosity": ([None, "medium"], ["low"]),
    "web_search_options": ([None], [{}]),
}
"""Field: values that change nothing, values that are refused."""
TEXT_VALUES: dict[str, tuple[list[Any], list[Any]]] = {
    "best_of": ([None, 1], [3]),
    "echo": ([None, False], [True]),
    "logprobs": ([None, False], [0, 5]),
    "prompt": (["2 + 2 =", ["2 + 2 ="]], ["", ["a", "b"], [], [-1], 3]),
    "suffix": ([None, ""], ["end"]),
    **{
        name: CHAT_VALUES[name]
        for name in (
            *("frequency_penalty", "logit_bias", "max_tokens", "model", "n", "presence_penalty", "seed", "stop"),
            *("stream", "stream_options", "temperature", "top_p", "user"),
        )
    },
}
FORMS: list[tuple[type[ChatBody] | type[CompletionBody], dict[str, Any], dict[str, Any]]] = [
    (ChatBody, CHAT, CHAT_VALUES),
    (CompletionBody, TEXT, TEXT_VALUES),
]


def request(kind: type[ChatBody] | type[CompletionBody], body: dict[str, Any]) -> ParsedRequest:
    return make_request(parse_body(kind, body))


def refuse(kind: type[ChatBody] | type[CompletionBody], body: dict[str, Any]) -> tuple[str, str | None]:
    with pytest.raises(RequestError) as caught:
        request(kind, body)
    assert caught.value.response.status == 400
    return caught.value.response.message, caught.value.response.param


def test_the_tables_name_every_field_of_the_schema() -> None:
    chat = get_type_hints(chat_params.CompletionCreateParamsNonStreaming)
    text = get_type_hints(text_params.CompletionCreateParamsNonStreaming)
    assert set(CHAT_VALUES) == set(chat)
    assert set(TEXT_VALUES) == set(text)


@pytest.mark.parametrize(("kind", "plain", "table"), FORMS)
def test_a_neutral_value_is_taken_and_changes_nothing(kind: Any, plain: dict[str, Any], table: dict[str, Any]) -> None:
    for name, (neutral, _) in table.items():
        for value in neutral:
            assert request(kind, {**plain, name: value}) == request(kind, plain), (name, value)
    everything = {name: neutral[-1] for name, (neutral, _) in table.items()}
    assert request(kind, everything) == request(kind, plain)


@pytest.mark.parametrize(("kind", "plain", "table"), FORMS)
def test_what_cannot_be_had_is_refused_by_its_field_in_words(
    kind: Any, plain: dict[str, Any], table: dict[str, Any]
) -> None:
    for name, (_, wishes) in table.items():
        for value in wishes:
            message, field = refuse(kind, {**plain, name: value})
            assert message.startswith(f"'{name}") and field is not None and field.split(".")[0] == name, message
            assert not any(word in field for word in (".str", "list[", "tuple[", "function-", "TextPart")), field


def test_an_unknown_field_is_refused_unless_it_is_null() -> None:
    assert refuse(ChatBody, {**CHAT, "temprature": 1.0})[1] == "temprature"
    assert request(ChatBody, {**CHAT, "field_of_next_year": None}) == request(ChatBody, CHAT)


def test_our_own_answer_is_taken_back_as_the_client_dumps_it() -> None:
    body = Reply("chat", "m").whole(Delta("4", [7], 3, "stop"))
    message = ChatCompletionMessage.model_validate(body["choices"][0]["message"])
    for dumped in (message.model_dump(), message.model_dump(exclude_none=True), message.to_dict()):
        again = request(ChatBody, {**CHAT, "messages": [USER, dumped, USER]})
        assert again.prompt == [USER, {"role": "assistant", "content": "4"}, USER]


MESSAGE_WISHES = {
    "audio": {"id": "a"},
    "function_call": {"name": "f", "arguments": ""},
    "name": "Tom",
    "refusal": "I will not",
    "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": ""}}],
}


def test_each_field_of_a_message_is_taken_when_null_and_refused_when_it_asks() -> None:
    schema = get_type_hints(ChatCompletionAssistantMessageParam) | get_type_hints(ChatCompletionUserMessageParam)
    assert set(MESSAGE_WISHES) == set(schema) - {"role", "content"}
    for name, wish in MESSAGE_WISHES.items():
        turn = {"role": "assistant", "content": "4"}
        assert request(ChatBody, {**CHAT, "messages": [USER, {**turn, name: None}]}).prompt == [USER, turn]
        message, field = refuse(ChatBody, {**CHAT, "messages": [USER, {**turn, name: wish}]})
        assert field == f"messages.1.{name}" and "not supported: " in message


def test_each_field_of_a_text_part_and_of_stream_options_is_known() -> None:
    part = {"type": "text", "text": "2 + 2?"}
    for name in set(get_type_hints(ChatCompletionContentPartTextParam)) - set(part):
        asked = {**CHAT, "messages": [{"role": "user", "content": [{**part, name: None}]}]}
        assert request(ChatBody, asked).prompt == [USER]
        message, _ = refuse(ChatBody, {**CHAT, "messages": [{"role": "user", "content": [{**part, name: {"a": 1}}]}]})
        assert f"'messages.0.content.0.{name}' is not supported" in message
    for name in get_type_hints(ChatCompletionStreamOptionsParam):
        request(ChatBody, {**CHAT, "stream_options": {name: False}})


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (5, "'messages.0.content': it must be a text or a list of text parts, got 5"),
        ({"text": "x"}, "'messages.0.content': it must be a text or a list of text parts"),
        ([{"type": "image_url", "image_url": {"url": "x"}}], "'messages.0.content.0.type': input should be 'text'"),
        ([{"type": "text", "text": 5}], "'messages.0.content.0.text': input should be a valid string, got 5"),
        (["x"], "'messages.0.content.0': it must be an object"),
        (None, "'messages.0.content' is missing"),
    ],
)
def test_bad_content_is_told_in_words(content: Any, says: str) -> None:
    assert refuse(ChatBody, {**CHAT, "messages": [{"role": "user", "content": content}]})[0].startswith(says)


def test_a_developer_counts_as_system_and_a_tool_is_refused() -> None:
    told = request(ChatBody, {**CHAT, "messages": [{"role": "developer", "content": "Be brief."}, USER]})
    assert told.prompt == [{"role": "system", "content": "Be brief."}, USER]
    message, field = refuse(
        ChatBody, {**CHAT, "messages": [USER, {"role": "tool", "content": "4", "tool_call_id": "1"}]}
    )
    assert field == "messages.1.tool_call_id" and "calls no tools" in message


def test_a_completion_takes_token_ids_and_begins_from_nothing_when_the_prompt_is_null() -> None:
    assert request(CompletionBody, {**TEXT, "prompt": [3, 4]}).prompt == (3, 4)
    assert request(CompletionBody, {**TEXT, "prompt": [[3, 4]]}).prompt == (3, 4)
    assert request(CompletionBody, {**TEXT, "prompt": None}).prompt == ()
    assert "one prompt" in refuse(CompletionBody, {**TEXT, "prompt": [[3], [4]]})[0]


def test_both_names_of_the_answers_bound_are_honoured() -> None:
    assert request(ChatBody, {**CHAT, "max_completion_tokens": 5}).max_tokens == 5
    assert request(ChatBody, {**CHAT, "max_completion_tokens": 5, "max_tokens": 5}).max_tokens == 5
