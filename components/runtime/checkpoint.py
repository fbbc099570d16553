"""Training checkpoints: sharded, written in the background, complete or absent, verified before use.

Layout: `<run folder>/step_00000042/` holds a torch.distributed.checkpoint of the model, the optimiser and the
loop's own numbers; `complete.json` is written last and lists every file's hash, so a folder without it never counts.
"""

import shutil
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.checkpoint.state_dict import get_state_dict, set_state_dict
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import async_save

from components.base.files import write_json
from components.base.hashing import hash_file
from components.runtime.checkpoint_files import MARKER, find_complete, find_sound, read_step


class Checkpointer:
    """Saves and restores one training run; keeps the newest two checkpoints."""

    def __init__(self, run_folder: Path, keep: int = 2) -> None:
        self.run_folder = run_folder
        self.keep = keep
        self._pending: tuple[Path, Future[Any]] | None = None
        # A group of its own: two threads issuing collectives on one gloo group hang or crash.
        self._group = dist.new_group(backend="gloo")

    def save(self, step: int, model: nn.Module, optimizer: torch.optim.Optimizer, loop: dict[str, float]) -> None:
        """Begin to write the state after `step`; waits only for the previous save, if it is not done."""
        self.finish()
        folder = self.run_folder / f"step_{step:08d}"
        if dist.get_rank() == 0:
            shutil.rmtree(folder, ignore_errors=True)
        dist.barrier()
        state = _collect(model, optimizer, loop)
        future = async_save(state, checkpoint_id=str(folder), process_group=self._group)
        assert isinstance(future, Future)  # the other form is for checkpoints staged on an accelerator
        self._pending = (folder, future)

    def finish(self) -> None:
        """Wait for the write under way, mark it complete, and drop the oldest."""
        if self._pending is None:
            return
        folder, future = self._pending
        future.result()
        dist.barrier()
        if dist.get_rank() == 0:
            files = sorted(p for p in folder.iterdir() if p.name != MARKER)
            write_json(folder / MARKER, {p.name: hash_file(p) for p in files})
            for old in find_complete(self.run_folder)[: -self.keep]:
                shutil.rmtree(old)
        self._pending = None
        dist.barrier()

    def restore(self, model: nn.Module, optimizer: torch.optim.Optimizer, loop: dict[str, float]) -> int:
        """Load the newest sound checkpoint in place; returns its step, 0 when there is none."""
        folder, _ = find_sound(self.run_folder)
        if folder is None:
            return 0
        state = _collect(model, optimizer, loop)
        load(state, checkpoint_id=str(folder))
        set_state_dict(model, optimizer, model_state_dict=state["model"], optim_state_dict=state["optimizer"])
        loop.update({name: float(value) for name, value in state["loop"].items()})
        return read_step(folder)


def _collect(model: nn.Module, optimizer: torch.optim.Optimizer, loop: dict[str, float]) -> dict[str, Any]:
    model_state, optimizer_state = get_state_dict(model, optimizer)
    numbers = {name: torch.tensor(value, dtype=torch.float64) for name, value in loop.items()}
    return {"model": model_state, "optimizer": optimizer_state, "loop": numbers}
