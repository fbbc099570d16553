"""Read what every stage left behind: an artifact's manifest, the record beside it, and for training stages curves."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.base.curves import read_curves
from components.base.errors import ArtifactError
from components.base.manifest import MANIFEST, RECORD, find_record, read_manifest, read_record
from components.metrics.data import CorpusMetrics, PreferencesMetrics, TokensMetrics
from components.metrics.deployment import EvaluateMetrics, QuantizeMetrics, ReportMetrics, ServeMetrics
from components.metrics.figures import F, read_figures
from components.metrics.prompting import IclMetrics
from components.metrics.training import AlignMetrics, PretrainMetrics, RewardMetrics, SftMetrics

Points = list[tuple[float, float]]
CURVE_STAGES = frozenset({"pretrain", "sft", "reward", "align"})
NEEDED: dict[str, tuple[type, ...]] = {"metrics": (dict,), "wall_s": (int, float), "peak_memory_gb": (int, float)}


@dataclass(frozen=True)
class StageRecord:
    """One stage as it was run: what manifest and record say, and its curves where it trains."""

    name: str
    facts: dict[str, Any]
    curves: list[dict[str, str]]


RunRecord = dict[str, StageRecord]


@dataclass(frozen=True)
class RunMetrics:
    """What each stage measured, as far as it did."""

    corpus: CorpusMetrics
    tokens: TokensMetrics
    pretrain: PretrainMetrics
    sft: SftMetrics
    preferences: PreferencesMetrics
    reward: RewardMetrics
    align: AlignMetrics
    quantize: QuantizeMetrics
    evaluate: EvaluateMetrics
    icl: IclMetrics
    serve: ServeMetrics
    report: ReportMetrics


def read_metrics(run: RunRecord) -> RunMetrics:
    """The figures of every stage by its own class."""

    def read(name: str, kind: type[F]) -> F:
        return read_figures(kind, run[name].facts["metrics"] if name in run else {})

    return RunMetrics(
        corpus=read("corpus", CorpusMetrics),
        tokens=read("tokens", TokensMetrics),
        pretrain=read("pretrain", PretrainMetrics),
        sft=read("sft", SftMetrics),
        preferences=read("preferences", PreferencesMetrics),
        reward=read("reward", RewardMetrics),
        align=read("align", AlignMetrics),
        quantize=read("quantize", QuantizeMetrics),
        evaluate=read("evaluate", EvaluateMetrics),
        icl=read("icl", IclMetrics),
        serve=read("serve", ServeMetrics),
        report=total_run(run),
    )


def read_run(**folders: Path) -> RunRecord:
    """One record per stage, in the order given; raises ArtifactError that names what is missing."""
    return {name: _read_stage(name, folder) for name, folder in folders.items()}


def _read_stage(name: str, folder: Path) -> StageRecord:
    manifest, record = read_manifest(folder), read_record(folder)
    for key, kinds in NEEDED.items():
        if record and not isinstance(record.get(key), kinds):
            raise ArtifactError(f"{find_record(folder) / RECORD}: {key!r} is missing or of the wrong type")
    facts = {"metrics": {}, **manifest, **record}
    if facts.get("stage", name) != name:
        raise ArtifactError(f"{folder / MANIFEST}: belongs to stage {facts['stage']!r}, not to {name!r}")
    curves = read_curves(folder / "curves.csv")
    # A pretrained model may be taken as it is, and what an external component leaves is its own affair.
    untrained = look_up(facts, "params.kind") == "external" or look_up(facts, "metrics.steps") == 0
    if name in CURVE_STAGES and record and not curves and not untrained:
        raise ArtifactError(f"{folder / 'curves.csv'}: the file is missing or has no rows")
    return StageRecord(name, facts, curves)


def total_run(run: RunRecord) -> ReportMetrics:
    """Time and memory of the run so far: seconds add up, peaks do not; nothing where a stage's are not recorded.

    Every stage's own metrics hold `peak_memory_gb`, this one's too, so the highest has a name of its own.
    """
    seconds = [record.facts.get("wall_s") for record in run.values()]
    peaks = [record.facts.get("peak_memory_gb") for record in run.values()]
    if None in seconds or None in peaks:
        return ReportMetrics()
    return ReportMetrics(
        total_wall_s=round(sum(s for s in seconds if s is not None), 1),
        max_peak_memory_gb=round(max(p for p in peaks if p is not None), 2),
    )


def find_broken_links(run: RunRecord) -> list[str]:
    """Upstream → stage, wherever a stage read other bytes than the ones its upstream holds now."""
    broken = []
    for name, record in run.items():
        for upstream, read in (record.facts.get("inputs") or {}).items():
            wrote = run[upstream].facts.get("content_sha256") if upstream in run else read
            if read != wrote:
                broken.append(f"{upstream} → {name}")
    return broken


def gather_figures(run: RunRecord) -> dict[str, Any]:
    """All figures as one tree: stage → metric, stage → params → name, report → totals."""
    tree: dict[str, Any] = {
        name: {**record.facts["metrics"], "params": record.facts.get("params") or {}} for name, record in run.items()
    }
    tree["report"] = total_run(run).to_json()
    return tree


def look_up(tree: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path, or None where any part of the path is absent."""
    value: Any = tree
    for part in path.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return None
        value = value[part]
    return value


def number_at(tree: Mapping[str, Any], path: str) -> float | None:
    """The finite number at a dotted path; True counts as 1 and anything else as absent."""
    value = look_up(tree, path)
    if not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def read_points(curves: list[dict[str, str]], column: str, x: str = "step") -> Points:
    """The column as points; empty cells and non-finite values are left out."""
    cells = [(row.get(x) or "", row.get(column) or "") for row in curves]
    points = [(float(step), float(value)) for step, value in cells if step and value]
    return [(step, value) for step, value in points if math.isfinite(value)]


def smooth(points: Points, weight: float) -> Points:
    """Mean of a forward and a backward exponential average, so that the smoothed curve does not lag."""
    values = [value for _, value in points]
    ahead = _average(values, weight)
    back = _average(values[::-1], weight)[::-1]
    return [(step, (a + b) / 2) for (step, _), a, b in zip(points, ahead, back, strict=True)]


def _average(values: list[float], weight: float) -> list[float]:
    """Exponential moving average with bias correction, as in Adam (arXiv 1412.6980, section 3)."""
    averages = []
    mean, remaining = 0.0, 1.0
    for value in values:
        mean = weight * mean + (1.0 - weight) * value
        remaining *= weight
        averages.append(mean / (1.0 - remaining))
    return averages
