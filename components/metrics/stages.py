"""Which class is whose, and whether a dotted path names a figure of one."""

from collections.abc import Iterator
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from components.metrics.data import CorpusMetrics, PreferencesMetrics, TokensMetrics
from components.metrics.deployment import EvaluateMetrics, QuantizeMetrics, ReportMetrics, ServeMetrics
from components.metrics.figures import Json, StageFigures
from components.metrics.prompting import IclMetrics
from components.metrics.training import AlignMetrics, PretrainMetrics, RewardMetrics, SftMetrics

STAGE_METRICS: dict[str, type[StageFigures]] = {
    "corpus": CorpusMetrics,
    "tokens": TokensMetrics,
    "pretrain": PretrainMetrics,
    "sft": SftMetrics,
    "preferences": PreferencesMetrics,
    "reward": RewardMetrics,
    "align": AlignMetrics,
    "quantize": QuantizeMetrics,
    "evaluate": EvaluateMetrics,
    "icl": IclMetrics,
    "serve": ServeMetrics,
    "report": ReportMetrics,
}


def pick_handed_on(stage: str, metrics: Json) -> Json:
    """The figures of a stage that stages below read."""
    return {name: value for name, value in metrics.items() if name in STAGE_METRICS[stage].handed_on}


def is_figure(stage: str, path: str) -> bool:
    """Whether the stage can have a figure there; keys of a table (a model, a method, a source) may be any."""
    kinds: list[Any] = [STAGE_METRICS[stage]]
    for name in path.split("."):
        kinds = [below for kind in kinds for below in _step(kind, name)]
    return bool(kinds)


def _step(kind: Any, name: str) -> Iterator[Any]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if name in kind.model_fields:
            yield from _open(kind.model_fields[name].annotation)
    elif get_origin(kind) is dict:
        yield from _open(get_args(kind)[1])


def _open(kind: Any) -> Iterator[Any]:
    """The members of a union, but for None; anything else as it is."""
    members = get_args(kind) if get_origin(kind) not in (dict, list) else ()
    yield from (member for member in members if member is not type(None)) if members else (kind,)
