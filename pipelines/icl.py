"""A grid of ways to ask, by every model, on the run's tasks; and what is found within the models."""

from pathlib import Path

from components.icl.artifact import write_artifact
from components.icl.config import IclConfig
from components.icl.laboratory import ask_grid
from components.icl.probes import probe_models
from components.icl.scores import collect_metrics
from components.icl.tasks import load_tasks
from components.metrics.figures import merge
from components.metrics.prompting import IclMetrics
from components.tasks.config import SharedConfig


def run(
    cfg: IclConfig,
    *,
    shared: SharedConfig,
    tokens: Path,
    pretrain: Path,
    sft: Path,
    reward: Path,
    align: Path,
    quantize: Path,
    out: Path,
) -> IclMetrics:
    """Ask all cells, write `out/samples.jsonl` and `out/cells.csv`, and return what each cell scores and costs, and
    what the probes find."""
    tasks = load_tasks(cfg, shared)
    stages = {"base": pretrain, "sft": sft, "aligned": align, "int8": quantize}

    asked = ask_grid(stages, reward, tasks, cfg, shared, out)
    probed = probe_models(stages, tokens, tasks[0], cfg, shared)

    write_artifact(asked, cfg, out)
    return merge(collect_metrics(asked, cfg), probed)
