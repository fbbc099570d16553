"""Error responses in OpenAI's shape: a status, and a body that says what is wrong with which field."""

import json
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

LONGEST_VALUE = 60


@dataclass(frozen=True)
class ErrorResponse:
    """Why a request is not answered; crosses process borders as plain data."""

    status: int
    message: str
    code: str
    param: str | None = None

    def body(self) -> dict[str, Any]:
        """The JSON that OpenAI's clients know how to read."""
        kind = "invalid_request_error" if self.status < 500 and self.status != 429 else "server_error"
        if self.status == 429:
            kind = "rate_limit_error"
        param = None if self.param is None else _make_writable(self.param)
        return {"error": {"message": _make_writable(self.message), "type": kind, "param": param, "code": self.code}}


class RequestError(Exception):
    """Carries an ErrorResponse up to the place that writes it."""

    def __init__(self, response: ErrorResponse) -> None:
        super().__init__(response.message)
        self.response = response


def refuse_invalid(error: ValidationError) -> ErrorResponse:
    """The first mistake that pydantic found, in words."""
    first = error.errors(include_url=False)[0]
    path = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        return ErrorResponse(400, f"'{path}' is not supported by this server", "unsupported_parameter", path)
    if first["type"] == "missing":
        return ErrorResponse(400, f"'{path}' is missing", "missing_required_parameter", path)
    shown = json.dumps(first["input"], ensure_ascii=False, default=repr)
    value = shown if len(shown) <= LONGEST_VALUE else shown[:LONGEST_VALUE] + "…"
    words = "it must be an object" if first["type"] == "model_type" else first["msg"]
    message = words[0].lower() + words[1:]
    return ErrorResponse(400, f"'{path}': {message}, got {value}", "invalid_value", path or None)


def refuse_long(prompt_tokens: int, max_tokens: int, context: int, longest: int) -> ErrorResponse:
    """A prompt, with the room it asks for, beyond the model's context or the server's memory."""
    bound = f"this model's context is {context} tokens"
    if longest < context:
        bound = f"this server has memory for {longest} tokens of one text"
    message = f"{bound}, but the request has {prompt_tokens} in its prompt and asks for {max_tokens} more"
    return ErrorResponse(400, message, "context_length_exceeded", "max_tokens")


def refuse_busy(bound: int) -> ErrorResponse:
    """More requests than slots and queue can hold."""
    return ErrorResponse(429, f"the server is at its bound of {bound} requests; try again shortly", "server_busy")


def refuse_body(reason: str) -> ErrorResponse:
    """A body that is not a JSON object."""
    return ErrorResponse(400, f"the request body is not a JSON object ({reason})", "invalid_json")


def refuse_coding(coding: str) -> ErrorResponse:
    """A compressed body."""
    message = f"the request body is sent as {coding!r}; this server reads it only as it is, without Content-Encoding"
    return ErrorResponse(415, message, "unsupported_content_encoding")


def refuse_size(bound: int) -> ErrorResponse:
    """A body that is not even read to its end."""
    return ErrorResponse(
        413, f"the request body is larger than this server's bound of {bound} bytes", "request_too_large"
    )


def refuse_model(asked: str, served: str) -> ErrorResponse:
    """A model that is not here."""
    return ErrorResponse(
        404, f"model {asked!r} is not served here; this server has {served!r}", "model_not_found", "model"
    )


BROKEN = ErrorResponse(500, "the server failed on this request; its log says why", "internal_error")
UNAVAILABLE = ErrorResponse(503, "the model is not ready", "unavailable")


def _make_writable(text: str) -> str:
    """What a client wrote may hold lone surrogates, as JSON can escape them; no answer could be encoded with one."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
