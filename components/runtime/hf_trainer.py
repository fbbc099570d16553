"""A Hugging Face trainer under Ray Train: batch shares, curves, reported checkpoints, resume."""

import math
import time
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from ray import train as rt
from transformers import PrinterCallback, Trainer, TrainerCallback
from transformers.trainer_utils import get_last_checkpoint
from transformers.utils import logging

from components.base.errors import ParamsError
from components.base.metrics import Curves
from components.runtime.fine_tuning import FineTuningConfig


def count_steps(samples: int, cfg: FineTuningConfig) -> int:
    """Optimiser steps of a run over so many samples."""
    return math.ceil(cfg.epochs * math.ceil(samples / cfg.batch_size))


def share_batch(batch_size: int, micro_batch_size: int, world: int) -> tuple[int, int]:
    """A worker's samples per forward pass, and forward passes per step, so that the global batch is exact."""
    if batch_size % world:
        raise ParamsError(f"batch_size: {batch_size} cannot be split evenly among {world} workers")
    share = batch_size // world
    micro = next(size for size in range(min(micro_batch_size, share), 0, -1) if share % size == 0)
    return micro, share // micro


def trainer_arguments(cfg: FineTuningConfig, *, steps: int, folder: str, seed: int) -> dict[str, Any]:
    """Keywords for TrainingArguments and its descendants, with everything that writes elsewhere switched off."""
    micro, accumulation = share_batch(cfg.batch_size, cfg.micro_batch_size, dist.get_world_size())
    return {
        "output_dir": folder,
        "seed": seed,
        "max_steps": steps,
        "per_device_train_batch_size": micro,
        "gradient_accumulation_steps": accumulation,
        "learning_rate": cfg.learning_rate,
        "lr_scheduler_type": "cosine_with_min_lr",
        "lr_scheduler_kwargs": {"min_lr_rate": cfg.final_learning_rate_fraction},
        "warmup_steps": round(cfg.warmup_fraction * steps),
        "weight_decay": cfg.weight_decay,
        "adam_beta2": cfg.adam_beta2,
        "max_grad_norm": cfg.clip_norm,
        "bf16": cfg.precision == "bf16",
        "use_cpu": not torch.cuda.is_available(),
        "activation_checkpointing": False,
        "ddp_find_unused_parameters": False,
        "logging_steps": min(cfg.log_every_steps, steps),  # the shortest run leaves a curve too
        "save_strategy": "steps",
        "save_steps": cfg.checkpoint_every_steps,
        "save_total_limit": 1,
        "remove_unused_columns": False,
        "report_to": [],
        "disable_tqdm": True,
    }


def run_trainer(trainer: Trainer, curves: Path, *, tokens_per_step: float, columns: Mapping[str, str]) -> None:
    """Train to the end, from this run's last checkpoint if it has one; rank 0 writes the curves.

    `columns` maps a curve's name to the trainer's own name for it.
    """
    logging.disable_progress_bar()  # the stage's own bar follows the curves
    trainer.remove_callback(PrinterCallback)
    checkpoint = rt.get_checkpoint()
    with checkpoint.as_directory() if checkpoint else nullcontext() as folder:
        trainer.add_callback(_ReportCheckpoints())
        if dist.get_rank() == 0:
            trainer.add_callback(_WriteCurves(curves, tokens_per_step, columns))
        trainer.train(resume_from_checkpoint=folder)


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


class _ReportCheckpoints(TrainerCallback):  # type: ignore[misc]
    """Hands each checkpoint to Ray Train; rank 0 alone, for the copies of the others hold nothing more."""

    def on_save(self, args: Any, state: Any, control: Any, **rest: Any) -> None:
        folder = get_last_checkpoint(args.output_dir) if dist.get_rank() == 0 else None
        rt.report({"step": state.global_step}, checkpoint=rt.Checkpoint.from_directory(folder) if folder else None)
