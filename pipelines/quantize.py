"""The aligned model in INT8, measured before and after, refused beyond its budget."""

from pathlib import Path

from components.generation.pool import open_pool
from components.metrics.deployment import QuantizeMetrics
from components.metrics.forgetting import read_base_loss
from components.quantize.adapters import load_merged
from components.quantize.artifact import compare_speed, write_quantized
from components.quantize.config import QuantizeConfig
from components.quantize.gate import check_budget, collect_metrics
from components.quantize.quality import QualityEvaluator
from components.runtime.on_device import run_on_device
from components.tasks.config import SharedConfig


def run(cfg: QuantizeConfig, *, shared: SharedConfig, align: Path, tokens: Path, out: Path) -> QuantizeMetrics:
    """Read the aligned model, write `out/model` in INT8, and return what it costs and gains."""
    evaluator = QualityEvaluator(cfg.quality, shared, tokens)
    with open_pool(align / "model", shared.inference, load_merged, tool=shared.tool) as pool:
        before = evaluator.measure(pool, "answers before")
        size_ratio = pool.run(write_quantized, pool.tokenizer, out / "model", embeddings=cfg.embeddings)

    with open_pool(out / "model", shared.inference, tool=shared.tool) as pool:
        after = evaluator.measure(pool, "INT8 answers")

    speeds = run_on_device(compare_speed, align / "model", out / "model", cfg.speed, shared.seed)
    metrics = collect_metrics(size_ratio, before, after, speeds, base_loss=read_base_loss(align))
    return check_budget(metrics, cfg.budget)
