"""Refuses targets that name what their stage never measures, before anything runs."""

from collections.abc import Iterator

from components.base.config import ExternalConfig
from components.metrics.stages import STAGE_METRICS, is_figure
from components.report.config import ReportConfig
from components.report.run_record import look_up
from pipelines.params import Params

PARAMS = "params"


def find_dead_targets(params: Params) -> Iterator[str]:
    """A clause for each path that leads nowhere; what a component of the user's own measures is not known."""
    if isinstance(params.report, ReportConfig):
        for target in params.report.targets:
            for path in (target.figure, target.minus, target.value):
                if isinstance(path, str) and (reason := _follow(params, path)):
                    yield f"report.targets: {path} {reason}"


def _follow(params: Params, path: str) -> str | None:
    stage, _, rest = path.partition(".")
    if stage not in STAGE_METRICS:
        return f"names no stage; there are {', '.join(STAGE_METRICS)}"
    cfg = getattr(params, stage)
    if isinstance(cfg, ExternalConfig):
        return None
    first, _, below = rest.partition(".")
    if first == PARAMS:
        return None if look_up(cfg.model_dump(), below) is not None else f"names no param of {stage}"
    if is_figure(stage, rest):
        return None
    return f"names no figure; {stage} has {', '.join(STAGE_METRICS[stage].model_fields)}"
