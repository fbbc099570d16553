"""Training checkpoints: sharded, written in the background, complete as soon as they are written, verified before use.

Layout: `<run folder>/step_00000042/` holds a torch.distributed.checkpoint of the model, the optimiser and the
loop's own numbers, without weights that are not trained, and the marker of `checkpoint_files`.
"""

import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_state_dict, set_state_dict
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import async_save

from components.base.errors import PipelineError, name_full_disk
from components.runtime.checkpoint_files import CHECKPOINTS_KEPT, find_sound, mark_complete, read_step
from components.runtime.divergence import are_weights_finite, require_finite_step
from components.runtime.save_clock import SaveClock


class Checkpointer:
    """Saves and restores one training run; keeps the newest two checkpoints."""

    def __init__(self, run_folder: Path, every_s: float) -> None:
        self.run_folder = run_folder
        self._pending: Future[None] | None = None
        self._background = ThreadPoolExecutor(max_workers=1, thread_name_prefix="checkpoint")
        # A group of its own: two threads issuing collectives on one gloo group hang or crash.
        self._group = dist.new_group(backend="gloo")
        self._clock = SaveClock(every_s)

    def save_if_due(
        self, step: int, model: nn.Module, optimizer: torch.optim.Optimizer, loop: dict[str, float]
    ) -> None:
        """Call after every step but the last, on every rank: saves as often as the cluster file says."""
        if self._clock.is_due():
            self.save(step, model, optimizer, loop)

    def save(self, step: int, model: nn.Module, optimizer: torch.optim.Optimizer, loop: dict[str, float]) -> None:
        """Begin to write the state after `step`; waits only for the previous save, if it is not done.

        Raises DivergenceError rather than keep weights that are not finite.
        """
        self.finish()
        broken = torch.tensor(float(not are_weights_finite(model)))
        dist.all_reduce(broken, group=self._group)
        require_finite_step({"a weight": float("nan") if broken else 0.0}, step=step, run_folder=self.run_folder)
        folder = self.run_folder / f"step_{step:08d}"
        if dist.get_rank() == 0:
            shutil.rmtree(folder, ignore_errors=True)
        dist.barrier(group=self._group)
        state = collect_state(model, optimizer, loop)
        future = async_save(state, checkpoint_id=str(folder), process_group=self._group)
        assert isinstance(future, Future)  # the other form is for checkpoints staged on an accelerator
        self._pending = self._background.submit(_complete, future, folder, dist.get_rank() == 0)

    def finish(self) -> None:
        """Wait for the write under way; raises PipelineError when it failed."""
        if self._pending is None:
            return
        pending, self._pending = self._pending, None
        pending.result()

    def restore(self, model: nn.Module, optimizer: torch.optim.Optimizer, loop: dict[str, float]) -> int:
        """Load the newest sound checkpoint in place; returns its step, 0 when there is none."""
        folder, _ = find_sound(self.run_folder)
        if folder is None:
            return 0
        restore_state(folder, model, optimizer, loop)
        return read_step(folder)


def _complete(future: "Future[Any]", folder: Path, first_rank: bool) -> None:
    """Runs in a thread of its own: a save's future is done on a rank when it is done on all of them."""
    try:
        future.result()
        if first_rank:
            mark_complete(folder, CHECKPOINTS_KEPT)
    except (OSError, CheckpointException) as error:  # torch wraps what each rank met: a full disk, as a rule
        found = [cause for cause, _ in error.failures.values()] if isinstance(error, CheckpointException) else [error]
        shutil.rmtree(folder, ignore_errors=True)  # half of a checkpoint is of no use, and a full disk needs the room
        reason = name_full_disk(found[0]) or found[0]
        raise PipelineError(f"{folder}: the checkpoint cannot be written: {reason}") from None


def collect_state(model: nn.Module, optimizer: torch.optim.Optimizer, loop: dict[str, float]) -> dict[str, Any]:
    """What a checkpoint holds, in the form that torch.distributed.checkpoint writes and reads: a collective."""
    model_state, optimizer_state = get_state_dict(model, optimizer)
    frozen = {name for name, p in model.named_parameters(remove_duplicate=False) if not p.requires_grad}
    model_state = {name: value for name, value in model_state.items() if name not in frozen}
    numbers = {name: torch.tensor(value, dtype=torch.float64) for name, value in loop.items()}
    return {"model": model_state, "optimizer": optimizer_state, "loop": numbers}


def restore_state(folder: Path, model: nn.Module, optimizer: torch.optim.Optimizer, loop: dict[str, float]) -> None:
    """Load a checkpoint in place: a collective."""
    state = collect_state(model, optimizer, loop)
    load(state, checkpoint_id=str(folder))
    set_state_dict(
        model,
        optimizer,
        model_state_dict=state["model"],
        optim_state_dict=state["optimizer"],
        options=StateDictOptions(strict=False),  # what is frozen is not in it
    )
    loop.update({name: float(value) for name, value in state["loop"].items()})
