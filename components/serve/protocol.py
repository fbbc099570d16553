"""Requests in OpenAI's form. A field that this server would not honour is refused, never ignored."""

import secrets
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from components.serve.errors import Refusal, RefusalError, refuse_invalid

SEED_BITS = 63


class Body(BaseModel):
    """Strict and closed: a wrong type or an unknown field is an answer with 400."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class TextPart(Body):
    """A piece of a message's content."""

    type: Literal["text"]
    text: str


class ChatMessage(Body):
    """One turn."""

    role: Literal["system", "user", "assistant"]
    content: str | list[TextPart]

    def plain(self) -> dict[str, str]:
        """Role and one text, as the chat template takes it."""
        content = self.content if isinstance(self.content, str) else "".join(p.text for p in self.content)
        return {"role": self.role, "content": content}


class StreamOptions(Body):
    """What a stream carries besides text."""

    include_usage: bool = False


Stop = Annotated[str, Field(min_length=1)]
Zero = Annotated[float, Field(ge=0.0, le=0.0)]


class SamplingBody(Body):
    """Fields that chat and plain completions share; null means the default."""

    model: str
    temperature: Annotated[float, Field(ge=0.0, le=2.0)] | None = None
    top_p: Annotated[float, Field(gt=0.0, le=1.0)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    seed: int | None = None
    stop: Stop | Annotated[list[Stop], Field(max_length=4)] | None = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    return_token_ids: bool = False
    user: str | None = None
    n: Literal[1] | None = None
    presence_penalty: Zero | None = None
    frequency_penalty: Zero | None = None


class ChatBody(SamplingBody):
    """POST /v1/chat/completions."""

    messages: Annotated[list[ChatMessage], Field(min_length=1)]
    max_completion_tokens: Annotated[int, Field(ge=1)] | None = None


class CompletionBody(SamplingBody):
    """POST /v1/completions."""

    prompt: Annotated[str, Field(min_length=1)]


@dataclass(frozen=True)
class Job:
    """A checked request as the engine takes it: messages, or a prompt that is continued as it stands."""

    prompt: str | list[dict[str, str]]
    max_tokens: int | None
    temperature: float
    top_p: float
    seed: int
    stop: tuple[str, ...]


def parse_body(kind: type[ChatBody] | type[CompletionBody], value: Any) -> ChatBody | CompletionBody:
    """Check a decoded body; raises RefusalError that names the first wrong field."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise RefusalError(refuse_invalid(error)) from None


def make_job(body: ChatBody | CompletionBody) -> Job:
    """Fill in the defaults of OpenAI's API; a request without a seed draws one."""
    stop = body.stop or ()
    seed = secrets.randbits(SEED_BITS) if body.seed is None else body.seed
    limit = body.max_tokens
    if isinstance(body, ChatBody) and body.max_completion_tokens is not None:
        if limit not in (None, body.max_completion_tokens):
            refusal = Refusal(400, "'max_tokens' and 'max_completion_tokens' differ", "invalid_value", "max_tokens")
            raise RefusalError(refusal)
        limit = body.max_completion_tokens
    return Job(
        prompt=body.prompt if isinstance(body, CompletionBody) else [m.plain() for m in body.messages],
        max_tokens=limit,
        temperature=1.0 if body.temperature is None else body.temperature,
        top_p=1.0 if body.top_p is None else body.top_p,
        seed=seed % 2**SEED_BITS,
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
    )
