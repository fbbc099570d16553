"""A grid of ways to ask, by every model, on the run's tasks."""

from pathlib import Path

from components.icl.artifact import write_artifact
from components.icl.config import IclConfig
from components.icl.laboratory import ask_grid
from components.icl.scores import collect_metrics
from components.icl.tasks import load_tasks
from components.metrics.prompting import IclMetrics
from components.tasks.config import SharedConfig


def run(
    cfg: IclConfig,
    *,
    shared: SharedConfig,
    pretrain: Path,
    sft: Path,
    reward: Path,
    align: Path,
    quantize: Path,
    out: Path,
) -> IclMetrics:
    """Ask all cells, write `out/samples.jsonl` and `out/cells.csv`, and return what each cell scores and costs."""
    tasks = load_tasks(cfg, shared)
    stages = {"base": pretrain, "sft": sft, "aligned": align, "int8": quantize}

    asked = ask_grid(stages, reward, tasks, cfg, shared, out)

    write_artifact(asked, cfg, out)
    return collect_metrics(asked, cfg)
