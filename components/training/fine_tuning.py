"""Launching a fine-tuning run on a fixed set of samples; importing this file costs neither TRL nor peft."""

import math
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from datasets import Dataset, disable_progress_bars

from components.base.curves import SPEED, read_median
from components.runtime.job import CfgT, TrainJob, make_job
from components.runtime.launch import run_training
from components.training.config import FineTuningConfig


@dataclass(frozen=True)
class FineTuningInputs:
    """What a fine-tuning run reads."""

    base: Path
    """Model folder that it starts from."""
    samples: Path
    """Its samples as an Arrow folder."""
    tokens_per_step: float
    """Useful tokens of an optimiser step, on average."""


class FineTuned(NamedTuple):
    """How long a run was, and its median speed in useful tokens a second."""

    steps: int
    tokens_per_s: float


FineTuningJob = TrainJob[CfgT, FineTuningInputs]


def run_fine_tuning(
    stage: str,
    loop: Callable[[FineTuningJob[CfgT]], None],
    cfg: CfgT,
    training: FineTuningConfig,
    samples: Mapping[str, Any],
    *,
    tokens: int,
    base: Path,
    seed: int,
    out: Path,
) -> FineTuned:
    """Put the samples (columns of equal length) on shared storage and let every worker run `loop` over them.

    `tokens` counts those of one pass that are no padding. Curves go to `out/curves.csv`.
    """
    folder = out / "samples"
    disable_progress_bars()
    data = Dataset.from_dict(samples)
    data.save_to_disk(str(folder))
    steps = count_steps(len(data), training)
    inputs = FineTuningInputs(base.resolve(), folder.resolve(), tokens / len(data) * training.batch_size)
    run_training(loop, make_job(stage, cfg, inputs, seed=seed, out=out, total_steps=steps))
    shutil.rmtree(folder)
    return FineTuned(steps, round(read_median(out / SPEED, "tokens_per_s"), 1))


def count_steps(samples: int, cfg: FineTuningConfig) -> int:
    """Optimiser steps of a run over so many samples."""
    return math.ceil(cfg.epochs * math.ceil(samples / cfg.batch_size))
