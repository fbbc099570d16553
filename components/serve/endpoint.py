"""What the HTTP side does to every request: read it, write its answer, and say why not.

It stands in a module of its own: Ray Serve pickles the ingress class as it is decorated, with the functions known then.
"""

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from ray.serve.exceptions import BackPressureError
from starlette.exceptions import HTTPException

from components.serve.errors import (
    BROKEN,
    ErrorResponse,
    RequestError,
    refuse_body,
    refuse_busy,
    refuse_coding,
    refuse_model,
    refuse_size,
)
from components.serve.replies import END_OF_STREAM, Delta, Reply, encode_event

log = logging.getLogger("ray.serve")
MANY_REQUESTS = 4096
"""Ray Serve's own bound; the engine's bound is reached long before."""


def make_api() -> FastAPI:
    """An application without pages that would load scripts from elsewhere; every failure has OpenAI's shape."""
    api = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    api.exception_handler(RequestError)(_answer_error)
    api.exception_handler(HTTPException)(_answer_http)
    api.exception_handler(BackPressureError)(_answer_pressure)
    api.exception_handler(Exception)(_answer_failure)
    return api


async def read_json(request: Request, most_bytes: int) -> Any:
    """The body as a JSON object; raises RequestError."""
    body = await _read_body(request, most_bytes)
    if (coding := request.headers.get("content-encoding", "").strip().lower()) not in ("", "identity"):
        raise RequestError(refuse_coding(coding))
    try:
        value = json.loads(body)
    except ValueError as error:  # also what is not UTF-8
        raise RequestError(refuse_body(str(error))) from None
    except RecursionError:
        raise RequestError(refuse_body("nested too deeply")) from None
    if not isinstance(value, dict):
        raise RequestError(refuse_body(f"it is a {type(value).__name__}"))
    return value


async def _read_body(request: Request, most_bytes: int) -> bytes:
    """The body, or RequestError. What is beyond the bound is let go by unkept: a client that still
    sends when the connection closes would see a broken pipe and not the refusal.
    """
    kept, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= most_bytes:
            kept.append(chunk)
        else:
            kept.clear()
    if size > most_bytes:
        raise RequestError(refuse_size(most_bytes))
    return b"".join(kept)


async def write_events(
    reply: Reply, first: Delta, rest: AsyncIterator[Delta | ErrorResponse], with_usage: bool
) -> AsyncIterator[str]:
    """Server-sent events; a failure after the first piece can only be told inside the stream."""
    if reply.form == "chat":
        yield encode_event(reply.opening())
    yield encode_event(reply.piece(first))
    tokens = len(first.token_ids)
    async for item in rest:
        if isinstance(item, ErrorResponse):
            yield encode_event(item.body())
            return
        tokens += len(item.token_ids)
        yield encode_event(reply.piece(item))
    if with_usage:
        yield encode_event(reply.usage(first.prompt_tokens, tokens))
    yield END_OF_STREAM


def accept(item: Delta | ErrorResponse) -> Delta:
    """A piece of an answer; raises RequestError when it is an error."""
    if isinstance(item, ErrorResponse):
        raise RequestError(item)
    return item


def require_model(asked: str, served: str) -> None:
    """Raises RequestError for a model that is not here."""
    if asked != served:
        raise RequestError(refuse_model(asked, served))


def describe_model(name: str) -> dict[str, Any]:
    """A model in the list."""
    return {"id": name, "object": "model", "created": 0, "owned_by": "ontogeny"}


async def _answer_error(_: Request, error: RequestError) -> Response:
    return JSONResponse(error.response.body(), error.response.status)


async def _answer_http(request: Request, error: HTTPException) -> Response:
    code = "method_not_allowed" if error.status_code == 405 else "not_found"
    response = ErrorResponse(error.status_code, f"{request.method} {request.url.path}: {error.detail}", code)
    return JSONResponse(response.body(), response.status, headers=error.headers)


async def _answer_pressure(_: Request, error: BackPressureError) -> Response:
    return JSONResponse(refuse_busy(MANY_REQUESTS).body(), 429)


async def _answer_failure(request: Request, error: Exception) -> Response:
    log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return JSONResponse(BROKEN.body(), BROKEN.status)
