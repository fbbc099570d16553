"""Launching a fine-tuning run on a fixed set of samples; importing this file costs neither TRL nor peft."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from components.base.curves import SPEED, read_median
from components.runtime.job import CfgT, TrainJob, make_job
from components.runtime.launch import run_training
from components.training.config import FineTuningConfig


@dataclass(frozen=True)
class Samples:
    """What is trained on: rows in an Arrow file on storage that all workers share."""

    file: Path
    rows: int
    tokens: int
    """Of one pass, without padding."""

    def move(self, folder: Path) -> "Samples":
        """The same once its file lies in another folder."""
        return replace(self, file=folder / self.file.name)


@dataclass(frozen=True)
class FineTuningInputs:
    """What a fine-tuning run reads."""

    base: Path
    """Model folder that it starts from."""
    samples: Path
    """Its samples as an Arrow file."""
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
    samples: Samples,
    *,
    base: Path,
    seed: int,
    out: Path,
) -> FineTuned:
    """Let every worker run `loop` over the samples. Curves go to `out/curves.csv`."""
    steps = count_steps(samples.rows, training)
    tokens_per_step = samples.tokens / samples.rows * training.batch_size
    inputs = FineTuningInputs(base.resolve(), samples.file.resolve(), tokens_per_step)
    run_training(loop, make_job(stage, cfg, inputs, seed=seed, out=out, total_steps=steps))
    return FineTuned(steps, round(read_median(out / SPEED, "tokens_per_s"), 1))


def count_steps(samples: int, cfg: FineTuningConfig) -> int:
    """Optimiser steps of a run over so many samples."""
    return math.ceil(cfg.epochs * math.ceil(samples / cfg.batch_size))
