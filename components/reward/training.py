"""Launching the reward modelling run; importing this file costs no TRL."""

from pathlib import Path
from shutil import rmtree

import pyarrow as pa

from components.datasets.arrow_rows import create_rows
from components.datasets.preferences import PairFile
from components.metrics.training import RewardMetrics
from components.reward.config import RewardConfig
from components.tasks.config import SharedConfig
from components.training.fine_tuning import FineTuningJob, Samples, run_fine_tuning

SCHEMA = pa.schema([(side, pa.list_(pa.int32())) for side in ("chosen_ids", "rejected_ids")])


def train_scorer(cfg: RewardConfig, shared: SharedConfig, pairs: PairFile, base: Path, out: Path) -> RewardMetrics:
    """Train a reward model from the model folder `base` into `out/model`; curves go to `out/curves.csv`."""
    folder = out / "samples"
    samples = save_samples(pairs, folder / "train.arrow")
    done = run_fine_tuning("reward", _train, cfg, cfg.training, samples, base=base, seed=shared.seed, out=out)
    rmtree(folder)
    return RewardMetrics(steps=done.steps, tokens_per_s=done.tokens_per_s)


def save_samples(pairs: PairFile, file: Path) -> Samples:
    """The token ids of the pairs, copied a few at a time into the form that workers read."""
    tokens = 0
    with create_rows(file, SCHEMA) as writer:
        for sides in pairs.read_columns(*SCHEMA.names):
            writer.write(*sides)
            tokens += sum(len(side.flatten()) for side in sides)
        return Samples(file, writer.rows, tokens)


def _train(job: FineTuningJob[RewardConfig]) -> None:
    """What a worker runs; TRL is imported there and not in the stage's process."""
    from components.reward.worker import train

    train(job)
