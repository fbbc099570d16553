"""One Ray for all stages of a command: shared, and gone with the command, however it or Ray ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from components.runtime.head import HEAD_VARIABLE, LentHead
from tests.trees import ROOT, copy_tree, environment

pytestmark = pytest.mark.ray
LIMIT_S = 180.0
LENDER = """
import os, sys
from components.runtime.head import lend_head
from components.runtime.process_guard import call_fated, leave_on_sigterm
leave_on_sigterm()
with lend_head():
    print(os.environ["ONTOGENY_HEAD"], flush=True)
    call_fated(sys.executable, "-c", sys.argv[1])
"""
STAGE = """
import os, time
from components.runtime.session import ray_session
with ray_session():
    import ray
    print("stage", os.getpid(), ray.get_runtime_context().gcs_address, flush=True)
"""
WAITING_STAGE = STAGE + "    time.sleep(600)\n"
TWO_STAGES = f"""
import subprocess, sys, time
for pause_s in (0, PAUSE_S):
    time.sleep(pause_s)
    subprocess.run([sys.executable, "-c", {STAGE!r}], check=True)
"""
TWO_STAGES_APART = TWO_STAGES.replace("PAUSE_S", "5")


@contextmanager
def lend_to(code: str) -> Iterator[tuple["subprocess.Popen[str]", LentHead]]:
    """A command that lends a Ray to the program; and who hosts it."""
    command = subprocess.Popen(
        [sys.executable, "-c", LENDER, code], cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env=environment() | {"PYTHONPATH": str(ROOT)}, start_new_session=True,
    )  # fmt: skip
    assert command.stdout
    try:
        yield command, LentHead.model_validate_json(command.stdout.readline())
    finally:
        with suppress(ProcessLookupError):
            os.killpg(command.pid, signal.SIGKILL)
        command.communicate()


def hear_stage(command: "subprocess.Popen[str]") -> tuple[int, str]:
    """A stage's process id, and the address of its Ray."""
    assert command.stdout
    word, pid, address = command.stdout.readline().split()
    assert word == "stage"
    return int(pid), address


def await_end(pid: int) -> None:
    """Wait for a stage that leaves: what is done to its Ray after that is done to nobody."""
    with suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait(LIMIT_S)


def find_family(pid: int) -> list[psutil.Process]:
    root = psutil.Process(pid)
    return [root, *root.children(recursive=True)]


def require_end(family: list[psutil.Process]) -> None:
    _, left = psutil.wait_procs(family, timeout=LIMIT_S)  # Ray's agents take a minute to believe it
    assert [process.cmdline() for process in left] == []


def test_stages_share_one_ray_that_ends_with_the_command() -> None:
    with lend_to(TWO_STAGES.replace("PAUSE_S", "0")) as (command, lent):
        address = hear_stage(command)[1]
        family = find_family(lent.pid)
        assert any("raylet" in process.name() for process in family)
        assert hear_stage(command)[1] == address
        assert command.wait(LIMIT_S) == 0
        require_end(family)
        assert not Path(lent.door).parent.exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_command_that_is_killed_leaves_neither_stage_nor_ray(number: signal.Signals) -> None:
    with lend_to(WAITING_STAGE) as (command, lent):
        stage, _ = hear_stage(command)
        family = [*find_family(stage), *find_family(lent.pid)]
        command.send_signal(number)
        require_end(family)


def test_ctrl_c_ends_the_stage_and_then_its_ray() -> None:
    with lend_to(WAITING_STAGE) as (command, lent):
        stage, _ = hear_stage(command)
        family = [*find_family(stage), *find_family(lent.pid)]
        os.killpg(command.pid, signal.SIGINT)
        require_end(family)


def test_a_host_that_is_killed_takes_its_ray_along_and_the_next_stage_has_its_own() -> None:
    with lend_to(TWO_STAGES_APART) as (command, lent):
        stage, address = hear_stage(command)
        family = find_family(lent.pid)
        await_end(stage)
        os.kill(lent.pid, signal.SIGKILL)
        require_end(family)
        assert hear_stage(command)[1] != address
        assert command.wait(LIMIT_S) == 0


def test_a_head_that_is_killed_is_not_waited_for() -> None:
    """Its control store is what a stage asks first; a private one takes its place."""
    with lend_to(TWO_STAGES_APART) as (command, lent):
        stage, address = hear_stage(command)
        await_end(stage)
        next(process for process in find_family(lent.pid) if "gcs_server" in process.name()).kill()
        assert hear_stage(command)[1] != address
        assert command.wait(LIMIT_S) == 0


def test_a_stage_of_another_folder_finds_its_own_code_in_the_workers(tmp_path: Path) -> None:
    """As `dvc exp run --temp` runs one."""
    copy = copy_tree(tmp_path / "copy")
    code = f"""
import os, sys
os.chdir({str(copy)!r})
sys.path.insert(0, {str(copy)!r})
import components.base.rng
from components.runtime.session import ray_session
with ray_session():
    import ray
    print("stage", os.getpid(), ray.get(ray.remote(lambda: components.base.rng.__file__).remote()), flush=True)
"""
    with lend_to(code) as (command, _):
        assert hear_stage(command)[1] == str(copy / "components/base/rng.py")


def test_nobody_lends_where_a_cluster_is_named() -> None:
    code = f"import os; print(os.environ.get({HEAD_VARIABLE!r}))"
    lender = LENDER.replace('print(os.environ["ONTOGENY_HEAD"], flush=True)', "pass")
    done = subprocess.run(
        [sys.executable, "-c", lender, code], cwd=ROOT, capture_output=True, text=True, check=True,
        env=environment() | {"PYTHONPATH": str(ROOT), "RAY_ADDRESS": "10.0.0.1:6379"},
    )  # fmt: skip
    assert done.stdout.strip() == "None"
