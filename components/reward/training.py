"""Launching the reward modelling run; importing this file costs no TRL."""

import shutil
from pathlib import Path
from statistics import median

from datasets import Dataset, disable_progress_bars

from components.base.metrics import Metrics, read_curves
from components.datasets.preferences import Pair
from components.reward.config import RewardConfig
from components.reward.job import RewardInputs, RewardJob
from components.runtime.hf_trainer import count_steps
from components.runtime.job import CURVES, make_job
from components.runtime.launch import run_training
from components.tasks.config import SharedConfig


def train_scorer(cfg: RewardConfig, shared: SharedConfig, pairs: list[Pair], base: Path, out: Path) -> Metrics:
    """Train a reward model from the model folder `base` into `out/model`; curves go to `out/curves.csv`."""
    folder = out / "pairs"
    steps = count_steps(len(pairs), cfg.training)
    tokens = sum(len(pair.chosen_ids) + len(pair.rejected_ids) for pair in pairs)
    _write_dataset(pairs, folder)
    inputs = RewardInputs(base.resolve(), folder.resolve(), tokens / len(pairs) * cfg.training.batch_size)
    run_training(_train, make_job("reward", cfg, inputs, seed=shared.seed, out=out, total_steps=steps))
    shutil.rmtree(folder)
    rates = [float(row["tokens_per_s"]) for row in read_curves(out / CURVES)]
    return {"steps": steps, "tokens_per_s": round(median(rates), 1) if rates else 0.0}


def _write_dataset(pairs: list[Pair], folder: Path) -> None:
    disable_progress_bars()
    columns = {"chosen_ids": [p.chosen_ids for p in pairs], "rejected_ids": [p.rejected_ids for p in pairs]}
    Dataset.from_dict(columns).save_to_disk(str(folder))


def _train(job: RewardJob) -> None:
    """What a worker runs; TRL is imported there and not in the stage's process."""
    from components.reward.trl_door import train

    train(job)
