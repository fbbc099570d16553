"""Every model by every prompting method, on held-out word problems and the user's tasks."""

from pathlib import Path

from components.base.config import SharedConfig
from components.base.metrics import Metrics
from components.evaluate.artifact import write_artifact
from components.evaluate.config import EvaluateConfig
from components.evaluate.judge import judge_models
from components.evaluate.scores import collect_metrics
from components.evaluate.task_file import load_tasks


def run(
    cfg: EvaluateConfig,
    *,
    shared: SharedConfig,
    pretrain: Path,
    sft: Path,
    align: Path,
    quantize: Path,
    out: Path,
) -> Metrics:
    """Ask all four models, write `out/records.jsonl`, tables and plots, and return the table."""
    tasks = load_tasks(cfg, shared)
    stages = {"base": pretrain, "sft": sft, "aligned": align, "int8": quantize}

    records = judge_models(stages, tasks, cfg, shared.seed)

    write_artifact(records, cfg.confidence, out)
    return collect_metrics(records, cfg, tasks)
