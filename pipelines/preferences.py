"""Answers of the instruction-tuned model, or the user's, become preference pairs."""

from pathlib import Path

from components.datasets.preferences import write_preferences
from components.generation.pool import open_pool
from components.metrics.data import PreferencesMetrics
from components.metrics.figures import merge
from components.preferences.baseline import measure_baseline
from components.preferences.collect import collect_pairs
from components.preferences.config import PreferencesConfig
from components.tasks.config import SharedConfig
from components.text.tokenizer import hash_tokenizer


def run(cfg: PreferencesConfig, *, shared: SharedConfig, sft: Path, out: Path) -> PreferencesMetrics:
    """Write `out/train.parquet` and `out/heldout.parquet`; return counts, and how the sft model ranks the pairs."""
    with open_pool(sft / "model", shared.inference, tool=shared.tool) as pool:
        pairs = collect_pairs(cfg, shared, pool)
        baseline = pool.run(measure_baseline, pairs.heldout)
    write_preferences(pairs, out, hash_tokenizer(pool.tokenizer))

    return merge(PreferencesMetrics.model_validate(pairs.counts), baseline)
