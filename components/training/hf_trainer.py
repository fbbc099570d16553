"""A Hugging Face trainer under Ray Train: batch shares, curves, checkpoints, resume, and an end at divergence."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.optim.lr_scheduler import LambdaLR
from transformers import PrinterCallback, Trainer, TrainerCallback
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR
from transformers.utils import logging

from components.base.curves import Curves
from components.base.errors import ParamsError
from components.optim.build import build_optimizer
from components.optim.config import OptimizationConfig
from components.optim.schedule import compute_learning_rate
from components.parallel.device import find_device
from components.parallel.mesh import Mesh
from components.runtime.checkpoint_files import CHECKPOINTS_KEPT, find_sound, mark_complete
from components.runtime.cluster import count_log_interval
from components.runtime.divergence import are_gradients_finite, are_weights_finite, require_finite_step
from components.runtime.job import CfgT
from components.runtime.save_clock import SaveClock
from components.training.config import FineTuningConfig
from components.training.fine_tuning import FineTuningJob


def share_batch(batch_size: int, micro_batch_size: int, world: int) -> tuple[int, int]:
    """A worker's samples per forward pass, and forward passes per step, so that the global batch is exact."""
    if batch_size % world:
        raise ParamsError(f"batch_size: {batch_size} cannot be split evenly among {world} workers")
    share = batch_size // world
    micro = next(size for size in range(min(micro_batch_size, share), 0, -1) if share % size == 0)
    return micro, share // micro


def trainer_arguments(
    cfg: FineTuningConfig, job: FineTuningJob[CfgT], *, sample_tokens: int, world: int
) -> dict[str, Any]:
    """Keywords for TrainingArguments and its descendants, with everything that writes elsewhere switched off.

    `sample_tokens` is the size of the longest sample: as many as fit in `micro_batch_tokens` go through the model at
    once, and the rest of a batch is accumulated.
    """
    fitting = max(1, job.cluster.micro_batch_tokens // sample_tokens)
    micro, accumulation = share_batch(cfg.batch_size, fitting, world)
    return {
        "output_dir": str(job.run.run_folder),
        "seed": job.seed,
        "max_steps": job.total_steps,
        "per_device_train_batch_size": micro,
        "gradient_accumulation_steps": accumulation,
        "max_grad_norm": cfg.optimization.clip_norm,
        "bf16": cfg.precision == "bf16",
        "use_cpu": not torch.cuda.is_available(),
        # Of a model that is sharded, the layers see to it themselves.
        "activation_checkpointing": job.cluster.activation_checkpointing and world == 1,
        "logging_steps": count_log_interval(job.cluster.log_every_steps, job.total_steps),
        "logging_nan_inf_filter": False,  # it would show the loss before as that of a step which has none
        "save_strategy": "no",  # the clock decides, see _KeepCheckpoints
        "remove_unused_columns": False,
        "report_to": [],
        "disable_tqdm": True,
    }


def run_trainer(
    trainer: Trainer,
    job: FineTuningJob[CfgT],
    optimization: OptimizationConfig,
    mesh: Mesh,
    *,
    columns: Mapping[str, str],
) -> None:
    """Train to the end, from this run's last checkpoint if it has one; rank 0 writes the curves.

    `columns` maps a curve's name to the trainer's own name for it. Raises DivergenceError at the first step whose
    gradients are not finite, before they are applied.
    """
    logging.disable_progress_bar()  # the stage's own bar follows the curves
    trainer.optimizer, trainer.lr_scheduler = build_optimization(trainer.model, optimization, job.total_steps)
    trainer.remove_callback(PrinterCallback)
    run_folder = job.run.run_folder
    trainer.add_callback(_LogLastStep())
    trainer.add_callback(_StopAtDivergence(run_folder, mesh))
    trainer.add_callback(_KeepCheckpoints(run_folder, mesh, job.cluster.checkpoint_every_s))
    if mesh.is_first:
        trainer.add_callback(_WriteCurves(job.run.curves, job.inputs.tokens_per_step, columns))
    folder, _ = find_sound(run_folder)
    trainer.train(resume_from_checkpoint=None if folder is None else str(folder))


def build_optimization(
    model: nn.Module, cfg: OptimizationConfig, total_steps: int
) -> tuple[torch.optim.Optimizer, LambdaLR]:
    """The optimiser that every stage has, and its schedule as a trainer steps it: by the number of updates made."""
    optimizer = build_optimizer(model, cfg)
    return optimizer, LambdaLR(optimizer, lambda made: compute_learning_rate(cfg, made, total_steps, peak=1.0))


class _WriteCurves(TrainerCallback):  # type: ignore[misc]
    """Appends each logged interval to the curves file, with the rate of useful tokens in it."""

    def __init__(self, path: Path, tokens_per_step: float, columns: Mapping[str, str]) -> None:
        self.path = path
        self.tokens_per_step = tokens_per_step
        self.columns = columns

    def on_train_begin(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        self.curves = Curves(self.path, resume_step=state.global_step)
        self.since = (state.global_step, time.perf_counter())

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **rest: Any) -> None:
        if "loss" not in logs:  # the summary at the end
            return
        step, now = state.global_step, time.perf_counter()
        rate = (step - self.since[0]) * self.tokens_per_step / (now - self.since[1])
        self.since = (step, now)
        values = {name: logs.get(key) for name, key in self.columns.items()}
        self.curves.log(step, {**values, "tokens_per_s": round(rate, 1)})


class _LogLastStep(TrainerCallback):  # type: ignore[misc]
    """A curve ends with the last step, however many steps lie between two of its points; all workers sum the loss."""

    def on_step_end(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        if state.global_step >= state.max_steps:
            control.should_log = True


class _StopAtDivergence(TrainerCallback):  # type: ignore[misc]
    """All workers stop on the same step, whoever holds the gradient that is not finite."""

    def __init__(self, run_folder: Path, mesh: Mesh) -> None:
        self.run_folder, self.mesh = run_folder, mesh

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, model: Any, **rest: Any) -> None:
        figures = {"a gradient": _agree(self.mesh, are_gradients_finite(model))}
        require_finite_step(figures, step=state.global_step + 1, run_folder=self.run_folder)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **rest: Any) -> None:
        figures = {name: value for name, value in logs.items() if name in ("loss", "grad_norm")}
        require_finite_step(figures, step=state.global_step, run_folder=self.run_folder)


class _KeepCheckpoints(TrainerCallback):  # type: ignore[misc]
    """Lets the trainer save when the clock says so, never weights that are not finite, and marks what is written."""

    def __init__(self, run_folder: Path, mesh: Mesh, every_s: float) -> None:
        self.run_folder, self.mesh = run_folder, mesh
        self.clock = SaveClock(every_s)

    def on_step_end(self, args: Any, state: Any, control: Any, model: Any, **rest: Any) -> None:
        if state.global_step >= state.max_steps or not self.clock.is_due():
            return
        figures = {"a weight": _agree(self.mesh, are_weights_finite(model))}
        require_finite_step(figures, step=state.global_step, run_folder=self.run_folder)
        control.should_save = True

    def on_save(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        dist.barrier()  # every rank has written its part
        if dist.get_rank() == 0:
            mark_complete(self.run_folder / f"{PREFIX_CHECKPOINT_DIR}-{state.global_step}", CHECKPOINTS_KEPT)
        dist.barrier()


def _agree(mesh: Mesh, finite: bool) -> float:
    """NaN on every worker if what one of them holds is not finite."""
    strange = mesh.find_largest(torch.tensor(float(not finite), device=find_device()))
    return float("nan") if strange else 0.0
