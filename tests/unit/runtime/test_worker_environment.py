"""What a worker finds when it starts: an interface, threads, and its memory counted."""

import os
import subprocess
import sys

import psutil
import pytest

from components.runtime.cluster_memory import RUN_VARIABLE, name_run, sum_run_bytes
from components.runtime.network import find_interface
from components.runtime.thread_env import THREAD_ENVIRONMENT, set_thread_env


def test_the_interface_of_an_address_is_found_and_of_an_unknown_one_none() -> None:
    loopback = find_interface("127.0.0.1")
    assert loopback in psutil.net_if_addrs()
    assert find_interface("203.0.113.77") is None


def test_threads_are_settled_unless_the_environment_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    (name,) = THREAD_ENVIRONMENT
    monkeypatch.delenv(name, raising=False)
    set_thread_env()
    assert os.environ[name] == THREAD_ENVIRONMENT[name]
    monkeypatch.setenv(name, "1")
    set_thread_env()
    assert os.environ[name] == "1"


def test_only_the_processes_of_a_run_are_counted() -> None:
    run = name_run()
    assert sum_run_bytes(run) == 0
    with subprocess.Popen(
        [sys.executable, "-c", "print('up', flush=True); input()"],
        env=os.environ | {RUN_VARIABLE: run}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout
        process.stdout.readline()
        assert sum_run_bytes(run) > 1_000_000
        assert sum_run_bytes(name_run()) == 0
        process.communicate(b"\n")
