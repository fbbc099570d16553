"""The align stage with engines beside its workers: the same path, whoever samples, and none is lost or left."""

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from components.base.curves import read_curves
from components.base.errors import GateError, PipelineError
from components.runtime.session import ray_session
from tests.stages.clusters import write_cluster
from tests.stages.faults import LIMIT_S, kill_workers_after_a_checkpoint
from tests.stages.test_align import LORA, align, make_config, no_peft_warning

FULL = {"kind": "none"}
SAME = ("reward", "kl", "policy_loss", "value_loss", "sampled_accuracy", "response_tokens", "exact_match")


def assert_same_path(one: Path, two: Path) -> None:
    """To floating-point order; sampled texts have the same length and are as often right."""
    for mine, others in zip(read_curves(one / "curves.csv"), read_curves(two / "curves.csv"), strict=True):
        for name in SAME:
            assert (mine[name] == others[name] == "") or float(mine[name]) == pytest.approx(
                float(others[name]), rel=1e-5, abs=1e-6
            )


def count_engines() -> int:
    """Engines that run below this process."""
    found = 0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):  # it ended, or waits for its parent to see so
            found += "EngineActor" in str(process.cmdline())
    return found


def wait_for_their_end() -> None:
    """Raises AssertionError when an engine outlives its pool."""
    deadline = time.monotonic() + LIMIT_S
    while count_engines():
        assert time.monotonic() < deadline, "an engine outlives its pool"
        time.sleep(0.1)


@pytest.mark.ray
@no_peft_warning
@pytest.mark.parametrize(("adapter", "placed"), [(FULL, (2, 2)), (LORA, (0, 1))], ids=["none", "lora"])
def test_engines_walk_the_path_of_workers_that_sample_themselves(
    adapter: dict[str, Any], placed: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of so many; the engines of the second iteration are killed, and others come with its weights."""
    cfg = make_config(iterations=4, adapter=adapter)
    write_cluster(tmp_path, monkeypatch, num_workers=0)
    wanted, alone = align(tmp_path / "alone", cfg)
    workers, engines = placed
    write_cluster(tmp_path, monkeypatch, {"num_cpus": 5}, {"engines": engines}, num_workers=workers)
    with kill_workers_after_a_checkpoint("align", tmp_path / "together" / "align", "EngineActor") as kill:
        figures, out = align(tmp_path / "together", cfg)
    assert len(kill.pids) == engines
    assert_same_path(alone, out)
    for name in ("exact_match_after", "reward_after", "kl_to_sft"):
        assert figures[name] == pytest.approx(wanted[name], rel=1e-5, abs=1e-6)
    assert figures["rollout_logprob_gap"] < 1e-4


@pytest.mark.ray
def test_a_killed_worker_goes_on_with_other_engines_and_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cluster(tmp_path, monkeypatch, {"num_cpus": 2}, {"engines": 1}, num_workers=1)
    with ray_session():
        with kill_workers_after_a_checkpoint("align", tmp_path / "align") as kill:
            _, out = align(tmp_path, make_config(iterations=20))
        kill.assert_only_later_steps_were_trained_again(out / "curves.csv", 20)
        wait_for_their_end()


def test_workers_and_engines_that_do_not_fit_together_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cluster(tmp_path, monkeypatch, {"num_cpus": 2}, {"engines": 1}, num_workers=2)
    says = (
        r"train\.num_workers 2 of train\.cpus_per_worker 1 and inference\.engines 1 of inference\.cpus_per_engine 1 "
        r"need 3, and the private Ray has ray\.num_cpus 2; with inference\.engines_beside_training 0 "
    )
    with pytest.raises(PipelineError, match=says):
        align(tmp_path, make_config())


@pytest.mark.ray
def test_a_run_that_is_refused_leaves_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cluster(tmp_path, monkeypatch, {"num_cpus": 2}, {"engines": 1}, num_workers=0)
    with ray_session():
        with pytest.raises(GateError, match="log-probabilities of rollout and trainer differ"):
            align(tmp_path, make_config(max_logprob_gap=1e-12))
        wait_for_their_end()
