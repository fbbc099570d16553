"""A cluster that is not there is told in a line, and a long temporary folder is no obstacle."""

import http.server
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.base.errors import PipelineError
from components.runtime import reach
from components.runtime.cluster import read_cluster


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def port_of_another_server() -> Iterator[int]:
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_a_cluster_that_is_gone_is_told_in_a_line(unused_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{unused_port}")
    with pytest.raises(PipelineError, match=rf"Ray at 127.0.0.1:{unused_port} does not answer within 10 s"):
        reach.require_reachable(read_cluster())


def test_a_server_of_another_kind_is_no_ray(port_of_another_server: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "TIMEOUT_S", 1.0)
    monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{port_of_another_server}")
    with pytest.raises(PipelineError, match="does not answer"):
        reach.require_reachable(read_cluster())


def test_auto_without_a_running_ray_says_how_to_start_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reach, "_find_running", lambda: None)
    monkeypatch.setenv("RAY_ADDRESS", "auto")
    with pytest.raises(PipelineError, match="ray start --head"):
        reach.require_reachable(read_cluster())


def test_an_address_of_no_known_form_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "head-node")
    with pytest.raises(PipelineError, match="'head-node' is not local, auto or host:port"):
        reach.require_reachable(read_cluster())


def test_a_long_temporary_folder_is_left_for_a_short_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_TMPDIR", raising=False)
    monkeypatch.setattr("tempfile.gettempdir", lambda: "/tmp")
    assert reach.choose_temporary_folder() == {}
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / ("long" * 20)))
    assert reach.choose_temporary_folder() == {"_temp_dir": "/tmp/ray"}
