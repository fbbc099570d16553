"""What every training worker has before its loop starts: its threads and a process group."""

from collections.abc import Callable
from typing import Any


class WorkerLoop:
    """A training loop dressed for Ray: called on each worker with the loop's plain settings."""

    def __init__(self, loop: Callable[[dict[str, Any]], None], threads: int) -> None:
        self.loop = loop
        self.threads = threads

    def __call__(self, settings: dict[str, Any]) -> None:
        """Run the loop once; a process group exists while it runs."""
        import torch
        import torch.distributed as dist
        from torch._C._distributed_c10d import HashStore

        torch.set_num_threads(self.threads)  # Ray gives a worker one thread unless told otherwise
        alone = not dist.is_initialized()
        if alone:
            dist.init_process_group("gloo", store=HashStore(), rank=0, world_size=1)
        try:
            self.loop(settings)
        finally:
            if alone:
                dist.destroy_process_group()
