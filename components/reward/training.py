"""Launching the reward modelling run; importing this file costs no TRL."""

from pathlib import Path

from components.datasets.preferences import Pair
from components.metrics.training import RewardMetrics
from components.reward.config import RewardConfig
from components.tasks.config import SharedConfig
from components.training.fine_tuning import FineTuningJob, run_fine_tuning


def train_scorer(cfg: RewardConfig, shared: SharedConfig, pairs: list[Pair], base: Path, out: Path) -> RewardMetrics:
    """Train a reward model from the model folder `base` into `out/model`; curves go to `out/curves.csv`."""
    columns = {"chosen_ids": [p.chosen_ids for p in pairs], "rejected_ids": [p.rejected_ids for p in pairs]}
    tokens = sum(len(p.chosen_ids) + len(p.rejected_ids) for p in pairs)
    done = run_fine_tuning(
        "reward", _train, cfg, cfg.training, columns, tokens=tokens, base=base, seed=shared.seed, out=out
    )
    return RewardMetrics(steps=done.steps, tokens_per_s=done.tokens_per_s)


def _train(job: FineTuningJob[RewardConfig]) -> None:
    """What a worker runs; TRL is imported there and not in the stage's process."""
    from components.reward.worker import train

    train(job)
