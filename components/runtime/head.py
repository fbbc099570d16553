"""One private Ray for all stages of a command: how it is lent, and how a stage comes by it.

The command starts a host, a process of its own; the first stage that asks there for a Ray makes it bring one up.
"""

import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from components.base.config import Config, PositiveInt
from components.runtime.cluster import read_cluster
from components.runtime.reach import answers, choose_socket_folder

HEAD_VARIABLE = "ONTOGENY_HEAD"
HOST = "components.runtime.head_host"
AUTH_VARIABLE = "RAY_AUTH_MODE"
START_TIMEOUT_S = 120.0
END_TIMEOUT_S = 30.0
ROOT = str(Path(__file__).resolve().parents[2])


def join_code_path() -> str:
    """PYTHONPATH of processes that must find this code first, and then whatever its user's own code stands on."""
    before = [place for place in os.environ.get("PYTHONPATH", "").split(os.pathsep) if place and place != ROOT]
    return os.pathsep.join([ROOT, *before])


class LentHead(Config):
    """How to ask for the Ray that the command around this process lends; travels in the environment."""

    pid: PositiveInt
    """Process id of the host, whose descendants Ray's processes are."""
    door: str
    """Path of the Unix socket that answers with an address."""
    root: str
    """Folder whose code the workers import."""


class Head(Config):
    """A private Ray that runs."""

    address: str
    """host:port."""
    root: str
    """Folder whose code its workers import."""


@contextmanager
def lend_head() -> Iterator[None]:
    """Let the stages that run during the block, in whatever process, share one private Ray.

    Nobody lends where a cluster is named (by the cluster file or RAY_ADDRESS), or where a command around this one does.
    """
    if find_lent_head() or read_cluster().ray.address != "local":
        yield
        return
    before = dict(os.environ)
    os.environ.setdefault(AUTH_VARIABLE, "token")  # as Ray itself sets it, but only in the process that starts one
    folder = Path(tempfile.mkdtemp(prefix="ontogeny-", dir=choose_socket_folder()))
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(folder / "head"))
        door.listen()
        host = subprocess.Popen(
            [sys.executable, "-P", "-m", HOST, str(os.getpid()), str(door.fileno()), str(folder)],
            pass_fds=[door.fileno()], env={**os.environ, "PYTHONPATH": join_code_path()},
        )  # fmt: skip
    os.environ[HEAD_VARIABLE] = LentHead(pid=host.pid, door=str(folder / "head"), root=ROOT).model_dump_json()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        host.terminate()
        try:
            host.wait(END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            host.kill()


def find_lent_head() -> LentHead | None:
    """Who lends a Ray to this process, if anybody does."""
    told = os.environ.get(HEAD_VARIABLE)
    return LentHead.model_validate_json(told) if told else None


def summon_head() -> None:
    """Let the Ray that is lent come up while the one who will need it is still on its way."""
    lent = find_lent_head()
    if lent:
        with socket.socket(socket.AF_UNIX) as door, suppress(OSError):
            door.connect(lent.door)


def borrow_head() -> Head | None:
    """The Ray that is lent, brought up when need be; None where nobody lends, or it does not answer any more."""
    lent = find_lent_head()
    if lent is None:
        return None
    try:
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(START_TIMEOUT_S)
            door.connect(lent.door)
            address = b"".join(iter(lambda: door.recv(1024), b"")).decode()
    except OSError:  # the host is gone
        return None
    return Head(address=address, root=lent.root) if address and answers(address) else None
