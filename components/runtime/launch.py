"""The one place that launches training on Ray."""

import logging
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from components.base.curves import publish_curves
from components.base.errors import PipelineError, name_full_disk
from components.base.files import write_text
from components.runtime.attempts import forget_attempts
from components.runtime.checkpoint_files import announce_resume
from components.runtime.cluster import TrainClusterConfig, count_engines, count_workers, read_cluster, require_room
from components.runtime.job import CfgT, InputsT, TrainJob
from components.runtime.progress import show_progress
from components.runtime.refusal import forget_refusal, read_refusal
from components.runtime.session import ray_session, set_ray_env


def run_training(loop: Callable[[TrainJob[CfgT, InputsT]], None], job: TrainJob[CfgT, InputsT]) -> None:
    """Run `loop(job)` on every training worker under Ray Train, with a progress bar here.

    A job of the same run key resumes from its last checkpoint, another never sees it; the curves become
    `out/curves.csv` and `out/speed.csv`. A relative path means the same in a worker as here.
    Raises a worker's own refusal as it was said, at once; of other failures PipelineError with the cause, when there
    are more of them than the cluster file allows.
    """
    run = job.run
    require_room(read_cluster().ray, count_workers(job.cluster), count_engines(job.inference))
    announce_resume(run.run_folder)
    forget_refusal(run.run_folder)
    forget_attempts(run.run_folder)
    session = ray_session() if job.cluster.num_workers or job.inference.engines else nullcontext()
    with session, show_progress(run.curves, job.total_steps, job.stage):
        _fit(loop, job)
    publish_curves(run.curves, run.out)


def _fit(loop: Callable[[TrainJob[CfgT, InputsT]], None], job: TrainJob[CfgT, InputsT]) -> None:
    set_ray_env()
    from ray.exceptions import RayActorError
    from ray.train import RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig
    from ray.train.v2.api.exceptions import TrainingFailedError

    from components.runtime.lean_trainer import LeanTorchTrainer
    from components.runtime.patience import PatienceWithLostWorkers
    from components.runtime.worker import WorkerLoop

    logging.getLogger("ray.train").setLevel(logging.WARNING)
    train, run_folder = job.cluster, job.run.run_folder
    trainer = LeanTorchTrainer(
        WorkerLoop(loop, job, folder=str(Path.cwd())),
        torch_config=TorchConfig(backend="nccl" if train.gpus_per_worker else "gloo"),
        scaling_config=ScalingConfig(
            num_workers=train.num_workers,
            use_gpu=train.gpus_per_worker > 0,
            resources_per_worker=_resources(train) if train.num_workers else None,
        ),
        run_config=RunConfig(
            name=run_folder.name,
            storage_path=str(run_folder.parent),
            failure_config=PatienceWithLostWorkers(train.max_failures, run_folder),
        ),
    )
    try:
        with _own_interrupts():
            trainer.fit()
    except TrainingFailedError as error:
        raise _explain(error, run_folder) from error
    except RayActorError as error:
        raise PipelineError("training failed: Ray itself ended under it; run again, and it is taken up") from error


@contextmanager
def _own_interrupts() -> Iterator[None]:
    """Ctrl-C is a KeyboardInterrupt: Ray Train leaves with sys.exit(0) instead, and keeps the signal for good."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit:
        raise KeyboardInterrupt from None
    finally:
        signal.signal(signal.SIGINT, handler)


def _resources(train: TrainClusterConfig) -> dict[str, float]:
    resources = {"CPU": float(train.cpus_per_worker)}
    if train.gpus_per_worker:
        resources["GPU"] = float(train.gpus_per_worker)
    return resources


def _explain(error: Exception, run_folder: Path) -> PipelineError:
    """A worker's own refusal as it stands; of any other failure the last line, and where the whole of it lies."""
    if refusal := read_refusal(run_folder) or name_full_disk(error):
        return refusal
    from ray.train.v2._internal.exceptions import WorkerGroupStartupTimeoutError

    if isinstance(getattr(error, "controller_failure", None), WorkerGroupStartupTimeoutError):
        return PipelineError(
            "training failed: its workers found no room in the cluster, as often as train.max_failures forgives: are "
            "its nodes up, and can they hold train.num_workers of the CPUs and GPUs that the cluster file asks for?"
        )
    report = run_folder / "failure.txt"
    write_text(report, str(error))
    return PipelineError(f"training failed: {str(error).strip().splitlines()[-1].strip()} (details: {report})")
