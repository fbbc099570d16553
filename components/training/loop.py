"""The one step loop: update, log, validate and save, each as it comes due, from the last checkpoint to the end."""

import time
from typing import NamedTuple, Protocol

import torch
from torch import nn

from components.base.curves import Curves
from components.parallel.mesh import Mesh
from components.runtime.checkpoint import Checkpointer
from components.runtime.divergence import require_finite_step
from components.runtime.job import CfgT, InputsT, TrainJob

Figures = dict[str, float | None]
"""A curve's columns; None where a figure was not measured at this step."""


class Interval(NamedTuple):
    """What has passed since figures were last read."""

    steps: int
    seconds: float


class Trainee(Protocol):
    """What a loop trains: it knows how a step is made, not when one is logged or saved."""

    model: nn.Module
    """What a checkpoint holds, with the optimiser."""
    optimizer: torch.optim.Optimizer
    state: dict[str, float]
    """Numbers of its own that a checkpoint holds, too."""

    def begin(self, step: int) -> None:
        """Called once, before the step after `step` (0 in a new run) is made."""

    def update(self, step: int) -> None:
        """Make one step; steps count from 1."""

    def read_figures(self, step: int, interval: Interval, *, validate: bool) -> Figures:
        """The curve's point, the same on every worker: a collective, called when it is due."""


def run_steps(
    job: TrainJob[CfgT, InputsT], trainee: Trainee, mesh: Mesh, *, log_every_steps: int, validate_every_steps: int
) -> None:
    """Train up to the job's last step, on every worker; the last step is always logged and validated.

    Raises DivergenceError at the first point whose figures are not finite.
    """
    run = job.run
    checkpointer = Checkpointer(run.run_folder, job.cluster.checkpoint_every_s)
    step = checkpointer.restore(trainee.model, trainee.optimizer, trainee.state)
    curves = Curves(run.curves, step) if mesh.is_first else None
    trainee.begin(step)
    last_read, since = step, time.perf_counter()
    while step < job.total_steps:
        step += 1
        trainee.update(step)
        is_last = step == job.total_steps
        validate = is_last or step % validate_every_steps == 0
        if validate or step % log_every_steps == 0:
            interval = Interval(step - last_read, time.perf_counter() - since)
            figures = trainee.read_figures(step, interval, validate=validate)
            require_finite_step(figures, step=step, run_folder=run.run_folder)
            if curves:
                curves.log(step, figures)
            last_read, since = step, time.perf_counter()
        if not is_last:
            checkpointer.save_if_due(step, trainee.model, trainee.optimizer, trainee.state)
    checkpointer.finish()
