"""The whole graph under several seeds, one after another, as one table: what the params give, not what luck gave."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from components.base.errors import ParamsError, PipelineError
from components.base.progress import progress_bar
from components.metrics.deployment import EvaluateMetrics, ReportMetrics
from components.metrics.figures import read_figures
from components.metrics.files import write_figures
from components.metrics.seeds import SeedRow, SeedsFigures, summarise_seeds
from components.runtime.head import lend_head
from pipelines.experiments import read_experiment, run_experiment
from pipelines.params import Params, read_params

RESULTS = Path("metrics") / "seeds.json"
LAST_STAGE = "report"
MEASURED = (
    ("sft", "exact_match_cot"),
    ("reward", "heldout_accuracy"),
    ("align", "exact_match_after"),
    ("evaluate", "self_consistency_minus_greedy_cot"),
)
"""Figures that are told whether a target asks for them or not."""
MODEL = "aligned"
"""The model whose scores on every task are told."""


def run_seeds(count: int) -> SeedsFigures:
    """Run the graph under `shared.seed` and those that follow it, and write what is known after each.

    A seed under which a stage refuses is a row with its reason. Raises ParamsError for a count below one.
    """
    if count < 1:
        raise ParamsError(f"seeds: {count} is not at least 1")
    params = read_params()
    rows: list[SeedRow] = []
    with progress_bar(count, "seeds", "run") as bar:
        for seed in range(params.shared.seed, params.shared.seed + count):
            rows.append(run_seed(seed, params))
            write_figures(RESULTS, summarise_seeds(rows))
            bar.update(1)
    return summarise_seeds(rows)


def run_seed(seed: int, params: Params) -> SeedRow:
    """One seed's row."""
    experiment = f"seed-{seed}"
    try:
        with lend_head():  # one for all stages of a seed, as in a run of its own
            run_experiment(experiment, {"shared.seed": seed}, LAST_STAGE)
    except PipelineError as error:
        claims = [target.claim for target in getattr(params.report, "targets", [])]
        why = " ".join(str(error).split())
        return SeedRow(seed=seed, targets_met=0, targets_total=len(claims), missed=claims, figures={}, error=why)
    report = read_figures(ReportMetrics, read_experiment(experiment, LAST_STAGE))
    targets = report.targets or []
    return SeedRow(
        seed=seed,
        targets_met=report.targets_met or 0,
        targets_total=report.targets_total or 0,
        missed=[target.claim for target in targets if target.met is False],
        figures={
            **{target.figure: target.value for target in targets if target.value is not None},
            **dict(_read_measured(experiment)),
        },
    )


def _read_measured(experiment: str) -> Iterator[tuple[str, float]]:
    found: dict[str, Any] = {stage: read_experiment(experiment, stage) for stage, _ in MEASURED}
    for stage, name in MEASURED:
        if isinstance(found[stage].get(name), int | float):
            yield f"{stage}.{name}", found[stage][name]
    for task, table in read_figures(EvaluateMetrics, found["evaluate"]).tasks.items():
        for method, cell in table.get(MODEL, {}).items():
            yield f"evaluate.tasks.{task}.{MODEL}.{method}.exact_match", cell.exact_match
