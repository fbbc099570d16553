"""When a checkpoint is due: by the clock of rank 0, on the same step everywhere."""

import time

import torch
import torch.distributed as dist

LOOKS_PER_INTERVAL = 4
"""The clock is asked that often between two checkpoints at a steady rate, for asking is a collective."""


class SaveClock:
    """Counts seconds since the last checkpoint. All ranks ask after every step and get one answer."""

    def __init__(self, every_s: float) -> None:
        self.every_s = every_s
        # A group of its own, on the CPU: the checkpointer's may be busy in another thread.
        self._group = dist.new_group(backend="gloo") if dist.get_world_size() > 1 else None
        self._saved_at = self._looked_at = time.monotonic()
        self._steps_since_look = 0
        self._skip = 0

    def is_due(self) -> bool:
        """Call once after each step, on every rank."""
        self._steps_since_look += 1
        if self._steps_since_look <= self._skip:
            return False
        now = time.monotonic()
        left_s = self.every_s - (now - self._saved_at)
        seconds_per_step = max(1e-9, (now - self._looked_at) / self._steps_since_look)
        steps = min(int(left_s / LOOKS_PER_INTERVAL / seconds_per_step), self._steps_since_look * 2)
        answer = torch.tensor([left_s <= 0, max(0, steps)], dtype=torch.int64)
        if self._group is not None:
            dist.broadcast(answer, src=0, group=self._group)
        due, self._skip = bool(answer[0]), int(answer[1])
        self._looked_at, self._steps_since_look = now, 0
        if due:
            self._saved_at, self._skip = now, 0
        return due
