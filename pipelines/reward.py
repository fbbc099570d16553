"""A reward model learns which answers are better."""

from pathlib import Path

from components.datasets.preferences import read_preferences
from components.metrics.figures import merge
from components.metrics.training import RewardMetrics
from components.reward.config import RewardConfig
from components.reward.evaluation import evaluate_pairs
from components.reward.training import train_scorer
from components.runtime.folder import load_reward_model
from components.tasks.config import SharedConfig
from components.text.tokenizer import hash_tokenizer, load_tokenizer


def run(cfg: RewardConfig, *, shared: SharedConfig, sft: Path, preferences: Path, out: Path) -> RewardMetrics:
    """Write `out/model` and `out/curves.csv`; return accuracy and margin on held-out prompts."""
    base = sft / "model"
    pairs = read_preferences(preferences, hash_tokenizer(load_tokenizer(base)))

    trained = train_scorer(cfg, shared, pairs.train, base, out)

    evaluated = evaluate_pairs(load_reward_model(out / "model"), pairs.heldout)
    return merge(RewardMetrics.model_validate(pairs.counts), trained, evaluated)
