"""What the driver says of a run that it only sees through its curves."""

import time
from pathlib import Path

import pytest

from components.base.metrics import Curves
from components.runtime import follow


def write_steps(path: Path, steps: range) -> None:
    curves = Curves(path, steps.start - 1)
    for step in steps:
        curves.log(step, {"loss": 1.0})


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "POLL_S", 0.01)


def test_a_worker_that_falls_back_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "curves.csv"
    with follow.follow_curves(path, 40, "pretrain"):
        for steps in (range(1, 4), range(4, 9), range(6, 7)):
            write_steps(path, steps)
            time.sleep(0.2)
    assert "pretrain: a worker was lost at step 8; resumed after step 6" in capsys.readouterr().err


def test_a_run_taken_up_again_has_lost_no_worker(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "curves.csv"
    write_steps(path, range(1, 9))
    with follow.follow_curves(path, 40, "pretrain"):
        time.sleep(0.2)
        write_steps(path, range(6, 7))
        time.sleep(0.2)
        write_steps(path, range(7, 20))
        time.sleep(0.2)
    assert "lost" not in capsys.readouterr().err
