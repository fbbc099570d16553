"""Peak memory is that of the whole process tree, and of what is counted elsewhere."""

import subprocess
import sys
import time

import psutil
import pytest

from components.base import memory
from components.base.memory import PeakMemory, count_elsewhere, measure_process_bytes, measure_tree_bytes

HOLD = "import sys; block = b'x' * 80_000_000; print('ready', flush=True); sys.stdin.read()"


def test_a_childs_memory_counts() -> None:
    before = measure_tree_bytes()
    with subprocess.Popen([sys.executable, "-c", HOLD], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()
        assert measure_tree_bytes() - before > 70_000_000
        child.communicate()


def test_a_process_that_is_gone_counts_for_nothing() -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as child:
        process = psutil.Process(child.pid)
    assert measure_process_bytes(process) == 0


def test_what_is_counted_elsewhere_is_added_while_the_block_runs() -> None:
    before = measure_tree_bytes()
    with count_elsewhere(lambda: 10**12):
        assert measure_tree_bytes() >= 10**12
    assert measure_tree_bytes() < before + 10**11


def test_the_peak_outlives_what_made_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "SAMPLE_S", 0.01)
    with PeakMemory() as peak, count_elsewhere(lambda: 10**12):
        deadline = time.monotonic() + 10
        while peak.gb < 1000 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert peak.gb >= 1000
