"""The aligned model in INT8, measured before and after, refused beyond its budget."""

from pathlib import Path

from components.metrics.deployment import QuantizeMetrics
from components.metrics.forgetting import read_base_loss
from components.quantize.adapters import load_merged
from components.quantize.artifact import compare_speed, measure_size_ratio, write_quantized
from components.quantize.config import QuantizeConfig
from components.quantize.gate import check_budget, collect_metrics
from components.quantize.quality import QualityEvaluator
from components.tasks.config import SharedConfig


def run(cfg: QuantizeConfig, *, shared: SharedConfig, align: Path, tokens: Path, out: Path) -> QuantizeMetrics:
    """Read the aligned model, write `out/model` in INT8, and return what it costs and gains."""
    model, tokenizer = load_merged(align / "model")
    evaluator = QualityEvaluator(cfg.quality, shared, tokens, tokenizer)
    before = evaluator.measure(model, "fp32 answers")

    quantized = write_quantized(model, tokenizer, out / "model", embeddings=cfg.embeddings)
    after = evaluator.measure(quantized, "int8 answers")

    size_ratio = measure_size_ratio(model, out / "model")
    speeds = compare_speed(model, quantized, cfg.speed, shared.seed)
    metrics = collect_metrics(size_ratio, before, after, speeds, base_loss=read_base_loss(align))
    return check_budget(metrics, cfg.budget)
