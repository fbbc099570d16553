"""The sft model becomes the aligned model, by PPO against the reward model."""

from pathlib import Path

from components.align.config import AlignConfig
from components.align.gate import require_good_reward_model, summarise
from components.align.loop import MEASURED, AlignInputs, train
from components.base.files import read_json
from components.base.metrics import Metrics
from components.runtime.job import make_job
from components.runtime.launch import run_training
from components.tasks.config import SharedConfig


def run(cfg: AlignConfig, *, shared: SharedConfig, sft: Path, reward: Path, out: Path) -> Metrics:
    """Write `out/model` and `out/curves.csv`; return ground truth, reward and KL before and after."""
    require_good_reward_model(reward, cfg.min_reward_accuracy)

    inputs = AlignInputs(shared, (sft / "model").resolve(), (reward / "model").resolve())
    run_training(train, make_job("align", cfg, inputs, seed=shared.seed, out=out, total_steps=cfg.iterations))

    return summarise(cfg, read_json(out / MEASURED))
