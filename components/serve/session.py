"""The application on a Ray that this process started or attached to, for the length of a block."""

import logging
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ray import serve
from ray.serve.config import HTTPOptions, ProxyLocation
from ray.serve.context import _set_global_client

from components.base.errors import ArtifactError, PipelineError
from components.generation.tool_calls import NO_TOOL
from components.model.config import InferenceConfig
from components.runtime.cluster import ClusterConfig, ServeClusterConfig
from components.runtime.session import owns_ray, ray_session
from components.serve.app import AppSettings, build_app
from components.serve.config import ServeConfig
from components.tools.config import ToolConfig

APP_NAME = "ontogeny"
QUIET = {"log_level": "WARNING", "enable_access_log": False}


def make_settings(
    cfg: ServeConfig,
    inference: InferenceConfig,
    model: Path,
    cluster: ServeClusterConfig,
    suggestions: list[str],
    tool: ToolConfig = NO_TOOL,
) -> AppSettings:
    """Arguments of the application: what it is from params, where it runs from the cluster file."""
    return AppSettings(
        model=str(model),
        dtype=inference.dtype,
        max_length=inference.max_length,
        model_name=cfg.model_name,
        max_slots=cfg.max_slots,
        max_waiting=cfg.max_waiting,
        max_body_bytes=cfg.max_body_bytes,
        cache_bytes=cfg.cache_bytes,
        default_max_tokens=cfg.default_max_tokens,
        replicas=cluster.replicas,
        threads_per_replica=cluster.threads_per_replica,
        gpus_per_replica=cluster.gpus_per_replica,
        suggestions=suggestions,
        tool=tool,
    )


@contextmanager
def serve_session(settings: AppSettings, *, port: int | None = None) -> Iterator[str]:
    """Boot the application and yield its base URL; everything is shut down at the end.

    Without `port` a free one is taken. Raises PipelineError if the cluster serves something already,
    or if the application does not come up.
    """
    private = owns_ray()
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    try:
        with ray_session() as cluster:
            chosen = port or _find_free_port(cluster)
            _require_room(settings, cluster, chosen)
            try:
                _start(settings, cluster, chosen)
                yield f"http://{cluster.serve.host}:{chosen}"
            finally:
                if not private:
                    serve.shutdown()
    finally:
        if private:
            # The controller went with the session, for to stop it first would log an alarm. Serve would take its
            # handle for one of the next private Ray, whose first job has the same number.
            _set_global_client(None)


def _start(settings: AppSettings, cluster: ClusterConfig, port: int) -> None:
    http_options = HTTPOptions(host=cluster.serve.host, port=port)
    try:
        serve.start(proxy_location=ProxyLocation.HeadOnly, http_options=http_options, logging_config=QUIET)
        serve.run(build_app(settings), name=APP_NAME, logging_config=QUIET)
    except RuntimeError as error:
        reason = _find_reason() or str(error).strip().splitlines()[-1]
        raise PipelineError(f"the server did not come up: {reason}") from None


def _find_reason() -> str | None:
    """What a replica said as it failed: Serve itself tells only which deployment did."""
    for application in serve.status().applications.values():
        for deployment in application.deployments.values():
            if said := re.findall(r"^[\w.]+(?:Error|Exception): (.+)$", deployment.message, re.MULTILINE):
                return str(said[-1]).strip()
    return None


def _require_room(settings: AppSettings, cluster: ClusterConfig, port: int) -> None:
    """Refuse what would otherwise come back as the traceback of a remote actor.

    A cluster that serves already must neither be replaced nor shut down by us.
    """
    if cluster.ray.address != "local":
        if running := dict(serve.status().applications):
            raise PipelineError(f"the Ray cluster at {cluster.ray.address} already serves {', '.join(running)}")
        return
    if not (Path(settings.model) / "config.json").is_file():
        raise ArtifactError(f"{settings.model}: no model here (config.json is missing)")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((cluster.serve.host, port))
        except OSError as error:
            raise PipelineError(f"port {port} on {cluster.serve.host} cannot be used: {error.strerror}") from None


def _find_free_port(cluster: ClusterConfig) -> int:
    """Any free port here; on a cluster that was there before, the one its file names."""
    if cluster.ray.address != "local":
        return cluster.serve.port
    with socket.socket() as probe:
        probe.bind((cluster.serve.host, 0))
        return int(probe.getsockname()[1])
