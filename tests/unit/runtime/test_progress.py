"""What the driver says of a run that it only sees through its curves."""

import time
from pathlib import Path

import pytest

from components.base.curves import Curves
from components.runtime import progress
from components.runtime.attempts import record_attempt


def write_steps(path: Path, steps: range) -> None:
    curves = Curves(path, steps.start - 1)
    for step in steps:
        curves.log(step, {"loss": 1.0})


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "POLL_S", 0.01)


def test_workers_that_begin_again_have_lost_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """However fast the new ones make good what was lost."""
    path = tmp_path / "curves.csv"
    with progress.show_progress(path, 40, "pretrain"):
        for steps in (range(1, 9), range(6, 20)):
            record_attempt(tmp_path)
            write_steps(path, steps)
            time.sleep(0.2)
    assert "pretrain: a worker was lost after step 8; its checkpoint is taken up" in capsys.readouterr().err


def test_a_run_taken_up_again_has_lost_no_worker(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "curves.csv"
    write_steps(path, range(1, 9))
    with progress.show_progress(path, 40, "pretrain"):
        record_attempt(tmp_path)
        time.sleep(0.2)
        write_steps(path, range(6, 20))
        time.sleep(0.2)
    assert "lost" not in capsys.readouterr().err
