"""Whether the Ray that a run is to use can be used, told in a line before Ray itself would hang or crash."""

import os
import socket
import tempfile
from pathlib import Path

from components.base.errors import PipelineError
from components.runtime.cluster import ClusterConfig

TIMEOUT_S = 10.0
LONGEST_TEMPORARY_FOLDER = 40
"""Ray puts Unix sockets some 65 characters below it, and a socket's path may have 107."""
ALIVE = "/ray.rpc.NodeInfoGcsService/CheckAlive"
SHORT_TEMPORARY_FOLDER = Path("/tmp/ray")


def require_reachable(cluster: ClusterConfig) -> None:
    """Raises PipelineError within ten seconds when the cluster to attach to does not answer."""
    address = cluster.ray.address
    if address == "local":
        return
    found = _find_running() if address == "auto" else address
    if found is None:
        raise PipelineError(
            "ray.address: 'auto' attaches to a Ray that runs on this machine, and none does: start one with "
            "`ray start --head`, or set RAY_ADDRESS to host:port"
        )
    if not answers(found):
        raise PipelineError(
            f"Ray at {found} does not answer within {TIMEOUT_S:.0f} s: is the cluster up, and the port right? "
            "RAY_ADDRESS, or else ray.address in the cluster file, says where to look"
        )


def choose_temporary_folder() -> dict[str, str]:
    """Ray's temporary folder where the machine's own has a path too long for sockets; nothing otherwise."""
    if "RAY_TMPDIR" in os.environ or len(tempfile.gettempdir()) <= LONGEST_TEMPORARY_FOLDER:
        return {}
    return {"_temp_dir": str(SHORT_TEMPORARY_FOLDER)}


def choose_socket_folder() -> str:
    """A folder for sockets of our own, whose paths the kernel limits as much."""
    return tempfile.gettempdir() if len(tempfile.gettempdir()) <= LONGEST_TEMPORARY_FOLDER else "/tmp"


def _find_running() -> str | None:
    """The address of a Ray that was started on this machine."""
    from ray._private import services

    left_by_start: str | None = services.find_bootstrap_address(None)
    return left_by_start or next(iter(services.find_gcs_addresses()), None)


def answers(address: str) -> bool:
    """Whether a Ray head listens there; any other kind of server would let Ray wait, or leave it with a stack."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if not host or not port.isdigit():
        raise PipelineError(f"ray.address: {address!r} is not local, auto or host:port")
    try:
        with socket.create_connection((host, int(port)), timeout=TIMEOUT_S / 2):
            pass
    except OSError:
        return False
    return "RAY_USE_TLS" in os.environ or _is_ray(f"{host}:{port}")


def _is_ray(address: str) -> bool:
    """Ask what only Ray's head is asked; one that wants a token before it answers is a Ray head, too."""
    import grpc

    with grpc.insecure_channel(address) as channel:
        try:
            channel.unary_unary(ALIVE)(b"", timeout=TIMEOUT_S / 2)
        except grpc.RpcError as error:
            return bool(error.code() == grpc.StatusCode.UNAUTHENTICATED)
    return True
