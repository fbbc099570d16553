"""Requests in OpenAI's form. A field that this server would not honour is refused, unless it asks for nothing."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from components.serve.errors import ErrorResponse, RequestError, refuse_invalid
from components.serve.neutral import (
    CHAT_FIELDS,
    COMPLETION_FIELDS,
    MESSAGE_FIELDS,
    PART_FIELDS,
    STREAM_FIELDS,
    Neutral,
    drop_neutral,
)

SEED_BITS = 63
MOST_STOPS = 4
LONGEST_STOP = 1000
FROM_NOTHING: tuple[int, ...] = ()
"""What a null prompt stands for: the beginning of a new document."""


class Body(BaseModel):
    """Strict and closed: a wrong type or an unknown field is an answer with 400."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class TextPart(Body):
    """A piece of a message's content."""

    type: Literal["text"]
    text: str


def _read_content(value: Any) -> Any:
    """A text is one part; pydantic's own union would name its branches in the message."""
    if isinstance(value, str):
        return [TextPart(type="text", text=value)]
    if not isinstance(value, list):
        raise PydanticCustomError("content", "it must be a text or a list of text parts")
    return value


def _read_stop(value: Any) -> Any:
    """One text or some, as a list."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or len(texts) > MOST_STOPS or not all(_is_stop(text) for text in texts):
        rule = f"it must be a text or a list of at most {MOST_STOPS} texts, each of 1 to {LONGEST_STOP} characters"
        raise PydanticCustomError("stop", rule)
    return texts


def _is_stop(text: Any) -> bool:
    return isinstance(text, str) and 1 <= len(text) <= LONGEST_STOP


def _read_prompt(value: Any) -> Any:
    """A text, token ids, or a list of just one of them."""
    if value is FROM_NOTHING:
        return value
    lone = value[0] if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str | list) else value
    if isinstance(lone, str) and lone:
        return lone
    if isinstance(lone, list) and lone and all(type(token) is int and token >= 0 for token in lone):
        return tuple(lone)
    if isinstance(lone, list) and len(lone) > 1 and all(isinstance(each, str | list) for each in lone):
        raise PydanticCustomError("prompt", "a request carries one prompt; ask once for each")
    raise PydanticCustomError("prompt", "it must be a text that is not empty, or a list of token ids")


class ChatMessage(Body):
    """One turn."""

    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[list[TextPart], BeforeValidator(_read_content)]

    def plain(self) -> dict[str, str]:
        """Role and one text, as the chat template takes it; a developer is what a system was called before."""
        role = "system" if self.role == "developer" else self.role
        return {"role": role, "content": "".join(part.text for part in self.content)}


class StreamOptions(Body):
    """What a stream carries besides text."""

    include_usage: bool = False


class SamplingBody(Body):
    """Fields that chat and plain completions share."""

    model: str
    temperature: Annotated[float, Field(ge=0.0, le=2.0)] = 1.0
    top_p: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    seed: int | None = None
    stop: Annotated[list[str], BeforeValidator(_read_stop)] = Field(default_factory=list)
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()
    return_token_ids: bool = False
    user: str | None = None


class ChatBody(SamplingBody):
    """POST /v1/chat/completions. The last four fields are labels and hints, without bearing on an answer."""

    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None
    metadata: dict[str, str] | None = None
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None
    parallel_tool_calls: bool | None = None


class CompletionBody(SamplingBody):
    """POST /v1/completions."""

    prompt: Annotated[str | tuple[int, ...], BeforeValidator(_read_prompt)]


Prompt = str | tuple[int, ...] | list[dict[str, str]]


@dataclass(frozen=True)
class ParsedRequest:
    """A checked request as the engine takes it: messages, or a text or token ids that are continued as they stand."""

    prompt: Prompt
    max_tokens: int | None
    temperature: float
    top_p: float
    seed: int
    stop: tuple[str, ...]


def parse_body(kind: type[ChatBody] | type[CompletionBody], value: Mapping[str, Any]) -> ChatBody | CompletionBody:
    """Check a decoded body; raises RequestError that names the first wrong field."""
    fields = CHAT_FIELDS if kind is ChatBody else COMPLETION_FIELDS
    asked = drop_neutral(value, fields)
    asked = _drop_within(asked, "stream_options", STREAM_FIELDS)
    if "prompt" in value and value["prompt"] is None:
        asked["prompt"] = FROM_NOTHING
    if isinstance(messages := asked.get("messages"), list):
        asked["messages"] = [_drop_in_message(message, f"messages.{n}.") for n, message in enumerate(messages)]
    try:
        return kind.model_validate(asked)
    except ValidationError as error:
        raise RequestError(refuse_invalid(error)) from None


def _drop_in_message(message: Any, where: str) -> Any:
    if not isinstance(message, dict):
        return message
    asked = drop_neutral(message, MESSAGE_FIELDS, where)
    if isinstance(parts := asked.get("content"), list):
        asked["content"] = [
            drop_neutral(part, PART_FIELDS, f"{where}content.{n}.") if isinstance(part, dict) else part
            for n, part in enumerate(parts)
        ]
    return asked


def _drop_within(asked: dict[str, Any], name: str, fields: Mapping[str, Neutral]) -> dict[str, Any]:
    inner = asked.get(name)
    return {**asked, name: drop_neutral(inner, fields, f"{name}.")} if isinstance(inner, dict) else asked


def make_request(body: ChatBody | CompletionBody) -> ParsedRequest:
    """Fill in what is left open; a request without a seed draws one."""
    seed = secrets.randbits(SEED_BITS) if body.seed is None else body.seed
    limit = body.max_tokens
    if isinstance(body, ChatBody) and body.max_completion_tokens is not None:
        if limit not in (None, body.max_completion_tokens):
            response = ErrorResponse(
                400, "'max_tokens' and 'max_completion_tokens' differ", "invalid_value", "max_tokens"
            )
            raise RequestError(response)
        limit = body.max_completion_tokens
    return ParsedRequest(
        prompt=body.prompt if isinstance(body, CompletionBody) else [m.plain() for m in body.messages],
        max_tokens=limit,
        temperature=body.temperature,
        top_p=body.top_p,
        seed=seed % 2**SEED_BITS,
        stop=tuple(body.stop),
    )
