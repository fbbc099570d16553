"""Launching the fine-tuning run; importing this file costs neither TRL nor peft."""

from pathlib import Path

from components.metrics.training import SftMetrics
from components.sft.config import SftConfig
from components.sft.dataset import Examples
from components.tasks.config import SharedConfig
from components.training.fine_tuning import FineTuningJob, run_fine_tuning


def train_model(cfg: SftConfig, shared: SharedConfig, examples: Examples, base: Path, out: Path) -> SftMetrics:
    """Fine-tune the model folder `base` into `out/model`; curves go to `out/curves.csv`."""
    done = run_fine_tuning("sft", _train, cfg, cfg.training, examples.train, base=base, seed=shared.seed, out=out)
    return SftMetrics(steps=done.steps, tokens_per_s=done.tokens_per_s)


def _train(job: FineTuningJob[SftConfig]) -> None:
    """What a worker runs; TRL is imported there and not in the stage's process."""
    from components.sft.worker import train

    train(job)
