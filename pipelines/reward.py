"""A reward model learns which answers are better."""

from pathlib import Path

from components.base.metrics import Metrics
from components.reward.config import RewardConfig
from components.reward.judgement import judge
from components.reward.pairs import write_pairs
from components.reward.preferences import collect_pairs
from components.reward.training import train_scorer
from components.runtime.folder import load_folder, load_reward_model
from components.tasks.config import SharedConfig


def run(cfg: RewardConfig, *, shared: SharedConfig, sft: Path, out: Path) -> Metrics:
    """Write `out/model`, `out/pairs.jsonl` and `out/curves.csv`; return accuracy and margin on held-out prompts."""
    base = sft / "model"
    model, tokenizer = load_folder(base)
    pairs = collect_pairs(cfg, shared, model, tokenizer)
    write_pairs(pairs, out / "pairs.jsonl")

    trained = train_scorer(cfg, shared, pairs.train, base, out)

    judged = judge(load_reward_model(out / "model"), pairs.heldout)
    return {**pairs.counts, **trained, **judged}
