"""Two hosts on one machine: network namespaces joined by a cable, each with a Ray node of its own."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from components.runtime.network import INTERFACE_VARIABLES
from tests.trees import environment

NETWORK = "10.213.7"
PORT = 6411
START_S = 90.0


@dataclass
class Host:
    """A namespace with an address, whose own name resolves to a loopback as on a fresh Debian."""

    name: str
    address: str
    variables: dict[str, str]
    processes: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def command(self, *words: str) -> list[str]:
        return ["ip", "netns", "exec", self.name, *words]

    def start_ray(self, *words: str) -> None:
        """A Ray node with one CPU, in a process group of its own."""
        executable = str(Path(sys.executable).parent / "ray")
        common = ["--node-ip-address", self.address, "--num-cpus", "1", "--block", "--disable-usage-stats"]
        process = subprocess.Popen(
            self.command(executable, "start", *words, *common),
            env=self.variables, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self.processes.append(process)

    def kill(self) -> None:
        """End every process of the host at once, as a power cut would."""
        listed = subprocess.run(["ip", "netns", "pids", self.name], capture_output=True, text=True, check=True)
        for pid in listed.stdout.split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)
        for process in self.processes:
            process.wait(timeout=30)
        self.processes.clear()


def require_namespaces() -> None:
    """Skip where there is no iproute2, or not the right to use it."""
    if shutil.which("ip") is None or os.geteuid() != 0:
        pytest.skip("needs root and iproute2")
    made = subprocess.run(["ip", "netns", "add", "ontogeny-try"], capture_output=True, check=False)
    if made.returncode:
        pytest.skip(f"no network namespaces here: {made.stderr.decode().strip()}")
    subprocess.run(["ip", "netns", "delete", "ontogeny-try"], check=True)


@contextlib.contextmanager
def two_hosts(folder: Path) -> Iterator[tuple[Host, Host]]:
    """A head and a second host, both up; everything is taken away again."""
    require_namespaces()
    token = folder / "ray-token"
    token.write_text("0" * 32, encoding="utf-8")
    variables = environment() | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token), "PYTHONPATH": ""}
    # Training in this process has told its own interface to all that it starts.
    variables = {name: value for name, value in variables.items() if name not in INTERFACE_VARIABLES}
    hosts = tuple(Host(f"ontogeny-{i}", f"{NETWORK}.{i}", variables) for i in (1, 2))
    with contextlib.ExitStack() as stack:
        for host in hosts:
            stack.enter_context(_namespace(host))
        _run("ip", "link", "add", "cable1", "netns", hosts[0].name, "type", "veth",
             "peer", "name", "cable2", "netns", hosts[1].name)  # fmt: skip
        for host, device in zip(hosts, ("cable1", "cable2"), strict=True):
            _run(*host.command("ip", "address", "add", f"{host.address}/24", "dev", device))
            _run(*host.command("ip", "link", "set", device, "up"))
            _run(*host.command("ip", "link", "set", "lo", "up"))
            stack.callback(host.kill)
        head, second = hosts
        head.start_ray("--head", "--port", str(PORT), "--include-dashboard", "false")
        _wait_for(head)
        second.start_ray("--address", f"{head.address}:{PORT}")
        yield head, second


@contextlib.contextmanager
def _namespace(host: Host) -> Iterator[None]:
    etc = Path("/etc/netns") / host.name
    _run("ip", "netns", "add", host.name)
    etc.mkdir(parents=True)
    (etc / "hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {socket.gethostname()}\n", encoding="utf-8")
    try:
        yield
    finally:
        _run("ip", "netns", "delete", host.name)
        shutil.rmtree(etc)
        with contextlib.suppress(OSError):
            etc.parent.rmdir()


def _wait_for(head: Host) -> None:
    """Until the head takes connections, asked from inside its namespace."""
    probe = (
        "import socket, sys, time\n"
        f"end = time.monotonic() + {START_S}\n"
        "while time.monotonic() < end:\n"
        "    try:\n"
        f"        socket.create_connection(('{head.address}', {PORT}), timeout=1); sys.exit(0)\n"
        "    except OSError:\n"
        "        time.sleep(0.2)\n"
        "sys.exit(1)\n"
    )
    _run(*head.command(sys.executable, "-c", probe))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
