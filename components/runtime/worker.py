"""What every training worker has before its loop starts: its threads, the stage's working folder, a process group."""

from collections.abc import Callable
from contextlib import chdir
from typing import Generic

from components.base.errors import PipelineError, name_full_disk
from components.runtime.allocator import return_freed_memory
from components.runtime.attempts import record_attempt
from components.runtime.job import CfgT, InputsT, TrainJob
from components.runtime.refusal import record_refusal


class WorkerLoop(Generic[CfgT, InputsT]):
    """A training loop and its job, dressed for Ray: called on each worker."""

    def __init__(
        self, loop: Callable[[TrainJob[CfgT, InputsT]], None], job: TrainJob[CfgT, InputsT], folder: str
    ) -> None:
        self.loop = loop
        self.job = job
        self.folder = folder

    def __call__(self) -> None:
        """Run the loop once; a process group exists while it runs.

        Ray gives a worker a folder of its own; here it stands where the stage does, so that a path in params means
        one file everywhere.
        """
        import torch
        import torch.distributed as dist
        from torch._C._distributed_c10d import HashStore

        torch.set_num_threads(
            self.job.cluster.threads_per_worker
        )  # Ray gives a worker one thread unless told otherwise
        alone = not dist.is_initialized()
        if alone:
            backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
            dist.init_process_group(backend, store=HashStore(), rank=0, world_size=1)
        if dist.get_world_size() > 1:
            return_freed_memory()
        try:
            if dist.get_rank() == 0:
                record_attempt(self.job.run.run_folder)
            with chdir(self.folder):
                self.loop(self.job)
        except PipelineError as error:
            record_refusal(error, self.job.run.run_folder)
            raise
        except Exception as error:
            if full := name_full_disk(error):
                record_refusal(full, self.job.run.run_folder)
                raise full from error
            raise
        finally:
            if alone:
                dist.destroy_process_group()
