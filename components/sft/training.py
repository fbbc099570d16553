"""Launching the fine-tuning run; importing this file costs neither TRL nor peft."""

import shutil
from pathlib import Path
from statistics import median

from components.base.metrics import Metrics, read_curves
from components.runtime.hf_trainer import count_steps
from components.runtime.job import CURVES, make_job
from components.runtime.launch import run_training
from components.sft.config import SftConfig
from components.sft.dataset import Examples, write_rows
from components.sft.job import SftInputs, SftJob
from components.tasks.config import SharedConfig


def train_model(cfg: SftConfig, shared: SharedConfig, examples: Examples, base: Path, out: Path) -> Metrics:
    """Fine-tune the model folder `base` into `out/model`; curves go to `out/curves.csv`."""
    rows = out / "rows"
    count = len(examples.train.input_ids_RT)
    steps = count_steps(count, cfg.training)
    write_rows(examples.train, rows)
    tokens_per_step = examples.train.useful_tokens / count * cfg.training.batch_size
    inputs = SftInputs(base.resolve(), rows.resolve(), tokens_per_step)
    run_training(_train, make_job("sft", cfg, inputs, seed=shared.seed, out=out, total_steps=steps))
    shutil.rmtree(rows)
    return {"steps": steps, "tokens_per_s": measure_rate(out / CURVES)}


def measure_rate(curves: Path) -> float:
    """Median over the logged intervals: the first of them holds the warm-up of the libraries."""
    rates = [float(row["tokens_per_s"]) for row in read_curves(curves)]
    return round(median(rates), 1) if rates else 0.0


def _train(job: SftJob) -> None:
    """What a worker runs; TRL is imported there and not in the stage's process."""
    from components.sft.trl_door import train

    train(job)
