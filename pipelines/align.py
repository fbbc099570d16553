"""The sft model becomes the aligned model: by PPO against a reward, or by DPO on preference pairs."""

from pathlib import Path

from components.align.config import AlignConfig
from components.align.gate import require_good_reward, summarize
from components.align.job import AlignInputs
from components.align.worker import EVALUATED, count_steps, train
from components.base.files import read_json
from components.datasets.preferences import open_preferences
from components.generation.pool import open_pool
from components.metrics.figures import merge
from components.metrics.forgetting import compare_losses, read_base_loss
from components.metrics.training import AlignMetrics
from components.runtime.job import make_job
from components.runtime.launch import run_training
from components.scoring.validation_text import measure_text_loss
from components.tasks.config import SharedConfig
from components.text.tokenizer import hash_tokenizer, load_tokenizer


def run(
    cfg: AlignConfig, *, shared: SharedConfig, tokens: Path, sft: Path, preferences: Path, reward: Path, out: Path
) -> AlignMetrics:
    """Write `out/model` and `out/curves.csv`; return ground truth, reward and KL before and after."""
    require_good_reward(cfg, reward)
    base = (sft / "model").resolve()
    pairs = open_preferences(preferences, hash_tokenizer(load_tokenizer(base)))

    steps = count_steps(cfg, len(pairs.train))
    inputs = AlignInputs(shared, base, (reward / "model").resolve(), preferences.resolve())
    run_training(train, make_job("align", cfg, inputs, seed=shared.seed, out=out, total_steps=steps, with_engines=True))

    measured = summarize(cfg, read_json(out / EVALUATED), steps)
    with open_pool(out / "model", shared.inference, tool=shared.tool) as pool:
        loss = pool.run(measure_text_loss, pool.tokenizer, tokens, shared.validation_text)
    return merge(measured, compare_losses(AlignMetrics, loss, read_base_loss(sft)))
