"""Every model by every prompting method, on the run's tasks."""

from pathlib import Path

from components.evaluate.artifact import write_artifact
from components.evaluate.config import EvaluateConfig
from components.evaluate.samples import ask_models
from components.evaluate.scores import collect_metrics
from components.evaluate.tasks import load_tasks
from components.metrics.deployment import EvaluateMetrics
from components.tasks.config import SharedConfig


def run(
    cfg: EvaluateConfig,
    *,
    shared: SharedConfig,
    pretrain: Path,
    sft: Path,
    align: Path,
    quantize: Path,
    out: Path,
) -> EvaluateMetrics:
    """Ask all four models, write `out/samples.jsonl`, tables and plots, and return the table."""
    tasks = load_tasks(cfg, shared)
    stages = {"base": pretrain, "sft": sft, "aligned": align, "int8": quantize}

    samples = ask_models(stages, tasks, cfg, shared)

    write_artifact(samples, cfg.confidence, out)
    return collect_metrics(samples, cfg, tasks)
