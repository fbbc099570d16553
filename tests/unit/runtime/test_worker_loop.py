"""What a training worker has around its loop."""

from dataclasses import dataclass
from pathlib import Path

import pytest
import torch.distributed as dist

from components.base.config import Config
from components.base.errors import DataError, PipelineError
from components.runtime.attempts import count_attempts
from components.runtime.cluster import TrainClusterConfig
from components.runtime.job import RunPaths, TrainJob
from components.runtime.launch import _explain, _resources
from components.runtime.refusal import read_refusal
from components.runtime.worker import WorkerLoop


@dataclass(frozen=True)
class Inputs:
    """Nothing is read."""


def make_job(folder: Path, gpus_per_worker: int = 0) -> TrainJob[Config, Inputs]:
    train = TrainClusterConfig(
        num_workers=0,
        cpus_per_worker=2,
        gpus_per_worker=gpus_per_worker,
        threads_per_worker=1,
        micro_batch_tokens=1,
        log_every_steps=1,
        checkpoint_every_s=1.0,
        max_failures=0,
        storage=str(folder),
    )
    return TrainJob("pretrain", Config(), 5, Inputs(), 1, RunPaths(folder / "run", folder), train)


def test_a_loop_stands_in_the_stage_s_folder_and_is_alone_in_its_group(tmp_path: Path) -> None:
    seen: list[object] = []
    job = make_job(tmp_path)
    WorkerLoop(lambda job: seen.extend([Path.cwd(), dist.get_world_size(), job.seed]), job, str(tmp_path))()
    assert seen == [tmp_path, 1, 5]
    assert not dist.is_initialized() and count_attempts(job.run.run_folder) == 1


def test_a_refusal_is_left_for_the_driver_and_the_group_is_closed(tmp_path: Path) -> None:
    def refuse(job: TrainJob[Config, Inputs]) -> None:
        raise DataError("rows.jsonl:3: field 'text' is missing")

    job = make_job(tmp_path)
    with pytest.raises(DataError):
        WorkerLoop(refuse, job, str(tmp_path))()
    refusal = read_refusal(job.run.run_folder)
    assert type(refusal) is DataError and str(refusal) == "rows.jsonl:3: field 'text' is missing"
    assert str(_explain(RuntimeError("Ray's own words"), job.run.run_folder)) == str(refusal)
    assert not dist.is_initialized()


def test_any_other_failure_is_its_last_line_and_where_the_rest_lies(tmp_path: Path) -> None:
    run_folder = tmp_path / "run"
    run_folder.mkdir()
    found = _explain(RuntimeError("Traceback\n  many lines\nValueError: no such thing\n"), run_folder)
    assert type(found) is PipelineError
    assert str(found) == (f"training failed: ValueError: no such thing (details: {run_folder / 'failure.txt'})")
    assert "many lines" in (run_folder / "failure.txt").read_text()


def test_a_worker_asks_for_a_gpu_only_where_it_has_one(tmp_path: Path) -> None:
    assert _resources(make_job(tmp_path).cluster) == {"CPU": 2.0}
    assert _resources(make_job(tmp_path, gpus_per_worker=1).cluster) == {"CPU": 2.0, "GPU": 1.0}
