"""The Ray Serve application: a light HTTP deployment before a deployment that holds the model.

`serve run` builds it from a config file: `import_path: components.serve.app:build_app`.
"""

import logging
from collections.abc import AsyncIterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from pydantic import ConfigDict, Field
from ray import serve
from ray.serve.handle import DeploymentHandle

from components.base.config import Config, NonNegativeInt, PositiveInt
from components.model.config import Dtype, InferenceConfig
from components.runtime.thread_env import THREAD_ENVIRONMENT
from components.serve.endpoint import (
    MANY_REQUESTS,
    accept,
    describe_model,
    make_api,
    read_json,
    require_model,
    write_events,
)
from components.serve.errors import UNAVAILABLE, ErrorResponse
from components.serve.protocol import ChatBody, CompletionBody, ParsedRequest, make_request, parse_body
from components.serve.replies import Delta, Form, Reply
from components.serve.suggestions import write_page
from components.tools.config import NoTool, ToolConfig

log = logging.getLogger("ray.serve")
api = make_api()
READ = ["GET", "HEAD"]
"""FastAPI, unlike Starlette, does not answer HEAD where it answers GET."""


class AppSettings(Config):
    """Arguments of `build_app`, as they stand in a Serve config. A relative `model` is read from the working folder."""

    model_config = ConfigDict(protected_namespaces=())
    model: str
    dtype: Dtype = "own"
    max_length: PositiveInt | None = None
    model_name: str
    max_slots: PositiveInt
    max_waiting: NonNegativeInt
    max_body_bytes: PositiveInt
    cache_bytes: PositiveInt
    default_max_tokens: PositiveInt
    replicas: PositiveInt
    threads_per_replica: PositiveInt
    gpus_per_replica: NonNegativeInt
    tool: ToolConfig = NoTool(kind="none")
    """What the model may call while it answers."""
    suggestions: list[str] = Field(default_factory=list)
    """Questions that the chat page offers."""


class ModelServer:
    """The deployment that holds the model."""

    def __init__(self, settings: AppSettings) -> None:
        """Serve calls it on the event loop that the requests will come in by, as the replica needs it."""
        from components.serve.replica import Replica

        self._replica = Replica(
            Path(settings.model),
            InferenceConfig(dtype=settings.dtype, max_length=settings.max_length),
            max_slots=settings.max_slots,
            max_waiting=settings.max_waiting,
            default_max_tokens=settings.default_max_tokens,
            cache_bytes=settings.cache_bytes,
            threads=settings.threads_per_replica,
            tool=settings.tool,
        )

    async def complete(self, request: ParsedRequest) -> Delta | ErrorResponse:
        """The whole answer at once."""
        answer: Delta | ErrorResponse = await self._replica.complete(request)
        return answer

    async def stream(self, request: ParsedRequest) -> AsyncIterator[Delta | ErrorResponse]:
        """Pieces of an answer."""
        async for item in self._replica.stream(request):
            yield item

    async def describe(self) -> dict[str, int]:
        """Facts for /healthz."""
        replica = self._replica
        return {"context": replica.context, "in_flight": replica.in_flight, "cache_bytes": replica.reserved_bytes}

    async def check_health(self) -> None:
        """Ray Serve replaces a replica whose decode thread has ended."""
        if not self._replica.alive:
            raise RuntimeError("the decode thread has ended")


@serve.deployment(max_ongoing_requests=MANY_REQUESTS, ray_actor_options={"num_cpus": 0})
@serve.ingress(api)
class Api:
    """The HTTP side; it never loads torch."""

    def __init__(
        self, model_server: DeploymentHandle, model_name: str, max_body_bytes: int, suggestions: Sequence[str]
    ) -> None:
        self._model = model_server
        self._name = model_name
        self._most_bytes = max_body_bytes
        self._page = write_page((files("components.serve") / "page.html").read_text(encoding="utf-8"), suggestions)

    @api.api_route("/", methods=READ)
    async def page(self) -> Response:
        """The chat page."""
        return HTMLResponse(self._page)

    @api.api_route("/healthz", methods=READ)
    async def healthz(self) -> Response:
        """Whether the model answers."""
        try:
            facts = await self._model.describe.remote()
        except Exception as error:
            log.error("the model does not answer", exc_info=error)
            return JSONResponse(UNAVAILABLE.body(), UNAVAILABLE.status)
        return JSONResponse({"status": "ok", "model": self._name, **facts})

    @api.api_route("/v1/models", methods=READ)
    async def list_models(self) -> Response:
        """The one model."""
        return JSONResponse({"object": "list", "data": [describe_model(self._name)]})

    @api.api_route("/v1/models/{name:path}", methods=READ)
    async def show_model(self, name: str) -> Response:
        """The one model, by its name."""
        require_model(name, self._name)
        return JSONResponse(describe_model(name))

    @api.post("/v1/chat/completions")
    async def chat(self, request: Request) -> Response:
        """Answer a conversation."""
        return await self._answer("chat", parse_body(ChatBody, await read_json(request, self._most_bytes)))

    @api.post("/v1/completions")
    async def complete(self, request: Request) -> Response:
        """Continue a text."""
        return await self._answer("text", parse_body(CompletionBody, await read_json(request, self._most_bytes)))

    async def _answer(self, form: Form, body: ChatBody | CompletionBody) -> Response:
        require_model(body.model, self._name)
        request = make_request(body)
        reply = Reply(form, self._name, body.return_token_ids)
        if not body.stream:
            return JSONResponse(reply.whole(accept(await self._model.complete.remote(request))))
        pieces = self._model.options(stream=True).stream.remote(request)
        # A refusal must still become a 4xx: nothing is sent before the first piece is there.
        first = accept(await anext(pieces))
        events = write_events(reply, first, pieces, body.stream_options.include_usage)
        return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})


def build_app(args: AppSettings) -> Any:
    """The application over one model folder, for `serve run`, `serve deploy` and this room alike."""
    settings = args.model_copy(update={"model": str(Path(args.model).resolve())})
    options: dict[str, Any] = {
        "num_cpus": settings.threads_per_replica,
        "num_gpus": settings.gpus_per_replica,
        # Threads that spin while they wait would starve the proxy that shares their cores.
        "runtime_env": {"env_vars": THREAD_ENVIRONMENT},
    }
    model_server = serve.deployment(ModelServer).options(
        num_replicas=settings.replicas,
        max_ongoing_requests=MANY_REQUESTS,
        ray_actor_options=options,
        max_constructor_retry_count=1,  # a model that cannot be served today cannot be served a minute later
    )
    return Api.bind(model_server.bind(settings), settings.model_name, settings.max_body_bytes, settings.suggestions)  # type: ignore[attr-defined]
