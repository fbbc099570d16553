"""A reward model learns which answers are better."""

from pathlib import Path

from components.datasets.preferences import open_preferences
from components.metrics.figures import merge
from components.metrics.training import RewardMetrics
from components.reward.config import RewardConfig
from components.reward.evaluation import evaluate_folder
from components.reward.training import train_scorer
from components.runtime.on_device import run_on_device
from components.tasks.config import SharedConfig
from components.text.tokenizer import hash_tokenizer, load_tokenizer


def run(cfg: RewardConfig, *, shared: SharedConfig, sft: Path, preferences: Path, out: Path) -> RewardMetrics:
    """Write `out/model` and `out/curves.csv`; return accuracy and margin on held-out prompts."""
    base = sft / "model"
    pairs = open_preferences(preferences, hash_tokenizer(load_tokenizer(base)))

    trained = train_scorer(cfg, shared, pairs.train, base, out)

    evaluated = run_on_device(evaluate_folder, out / "model", shared.inference.dtype, pairs.heldout)
    return merge(RewardMetrics.model_validate(pairs.counts), trained, evaluated)
