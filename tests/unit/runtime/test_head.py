"""Who lends a Ray, and what a stage makes of a lender that is gone."""

import json
import socket
import threading
from pathlib import Path

import psutil
import pytest

from components.base.memory import measure_family_bytes, measure_tree_bytes
from components.runtime import head
from components.runtime.cluster_memory import count_lent_memory
from components.runtime.head import (
    HEAD_VARIABLE,
    ROOT,
    LentHead,
    borrow_head,
    find_lent_head,
    join_code_path,
    lend_head,
)


def lend_at(door: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lent = LentHead(pid=psutil.Process().pid, door=str(door), root="/elsewhere")
    monkeypatch.setenv(HEAD_VARIABLE, lent.model_dump_json())


def answer_once(door: socket.socket, address: str) -> None:
    asker, _ = door.accept()
    with asker:
        asker.sendall(address.encode())


def test_nobody_lends_unless_the_environment_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(HEAD_VARIABLE, raising=False)
    assert find_lent_head() is None
    assert borrow_head() is None


def test_a_host_that_is_gone_lends_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lend_at(tmp_path / "door", monkeypatch)
    assert borrow_head() is None


@pytest.mark.parametrize(("alive", "address"), [(True, "10.0.0.1:6379"), (False, "10.0.0.1:6379"), (True, "")])
def test_an_address_counts_when_a_ray_answers_there(
    alive: bool, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(head, "answers", lambda _: alive)
    lend_at(tmp_path / "door", monkeypatch)
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(tmp_path / "door"))
        door.listen()
        host = threading.Thread(target=answer_once, args=(door, address))
        host.start()
        found = borrow_head()
        host.join()
    assert (found is not None) == (alive and bool(address))
    assert found is None or (found.address, found.root) == (address, "/elsewhere")


def test_a_command_within_a_command_that_lends_starts_no_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lend_at(tmp_path / "door", monkeypatch)
    before = psutil.Process().children()
    with lend_head():
        lent = find_lent_head()
        assert lent and json.loads(lent.model_dump_json())["door"] == str(tmp_path / "door")
        assert psutil.Process().children() == before


def test_a_lent_ray_counts_as_memory_of_the_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = measure_family_bytes(psutil.Process().pid)
    lend_at(tmp_path / "door", monkeypatch)  # this very process stands for the host
    with count_lent_memory():
        assert measure_tree_bytes() > 1.5 * own


@pytest.mark.parametrize("before", [None, "", "/mine:/theirs", f"/mine:{ROOT}:/theirs"])
def test_workers_find_this_code_first_and_the_user_s_own_after_it(
    before: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONPATH", raising=False)
    if before is not None:
        monkeypatch.setenv("PYTHONPATH", before)
    assert join_code_path() == (f"{ROOT}:/mine:/theirs" if before else ROOT)
