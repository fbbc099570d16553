"""Figures of the finished model: quantize, evaluate and serve, and of the run that made it."""

from pydantic import Field

from components.metrics.figures import Count, Figure, Figures, Share, StageFigures
from components.metrics.forgetting import ForgettingFigures


class AnswerFigures(Figures):
    """Shares of right answers before INT8 and after."""

    exact_match_before: Share = None
    exact_match_after: Share = None
    exact_match_drop: Figure = None


class QuantizeMetrics(ForgettingFigures, AnswerFigures):
    """What eight bits cost and gain, answers as the mean over tasks; speeds are tokens a second."""

    size_ratio: Share = None
    """Of the fp32 weights on disk."""
    val_loss_before: Figure = None
    val_loss_after: Figure = None
    val_loss_rise: Figure = None
    """As a share of the loss before."""
    tasks: dict[str, AnswerFigures] | None = None
    """Of each task."""
    decode_speedup_fp32: Figure = None
    decode_speedup_bf16: Figure = None
    prefill_speedup_fp32: Figure = None
    prefill_speedup_bf16: Figure = None
    decode_tokens_per_s: dict[str, float] = Field(default_factory=dict)
    prefill_tokens_per_s: dict[str, float] = Field(default_factory=dict)


class Cell(Figures):
    """Exact match of one model by one method, with its interval, over n items."""

    exact_match: float
    low: float
    high: float
    n: int


class Comparison(Figures):
    """One method minus another over the same items, with its interval and McNemar's exact p-value."""

    difference: float
    low: float
    high: float
    p_value: float


Table = dict[str, dict[str, Cell]]
"""model → method → cell."""


class EvaluateMetrics(StageFigures):
    """Every model by every method, on each of the run's tasks."""

    task: str | None = None
    """The first task, of which `table` is, and the comparisons of methods."""
    table: Table = Field(default_factory=dict)
    tasks: dict[str, Table] = Field(default_factory=dict)
    """Of the others."""
    mean: dict[str, dict[str, float]] | None = None
    """model → method → mean exact match over all tasks, where there are several."""
    comparisons: dict[str, dict[str, Comparison]] = Field(default_factory=dict)
    few_shot_cot_minus_direct: Figure = None
    few_shot_cot_above_direct: bool | None = None
    self_consistency_minus_greedy_cot: Figure = None
    self_consistency_not_below_greedy_cot: bool | None = None
    questions_too_long: Count = None
    exemplars_dropped: Count = None
    ignored_fields: dict[str, dict[str, int]] | None = None
    """By task."""


class LoadFigures(Figures):
    """One level of load; latencies are of whole answers, in milliseconds."""

    requests_ok: int
    requests_failed: int
    p50_ms: Figure = None
    p95_ms: Figure = None
    first_token_p50_ms: Figure = None
    requests_per_s: Figure = None
    tokens_per_s: Figure = None
    errors: list[str] | None = None


class ServeMetrics(StageFigures):
    """Whether served answers are the offline ones, and how fast; the widest level's figures stand on top."""

    parity: bool | None = None
    requests_ok: Count = None
    requests_failed: Count = None
    p50_ms: Figure = None
    p95_ms: Figure = None
    requests_per_s: Figure = None
    tokens_per_s: Figure = None
    load: dict[str, LoadFigures] = Field(default_factory=dict)
    """By number of clients."""


class TargetFigures(Figures):
    """One target: its figure, the bound, and whether it was met."""

    claim: str
    figure: str
    """Its path; a difference is written `a − b`."""
    value: Figure = None
    bound: Figure = None
    met: bool | None = None
    """None where the run has no such figure: then it is not asked."""


class ReportMetrics(StageFigures):
    """Totals over all stages before the report, and what was promised of them."""

    total_wall_s: Figure = None
    max_peak_memory_gb: Figure = None
    targets_met: Count = None
    targets_total: Count = None
    """Those that were asked."""
    targets: list[TargetFigures] | None = None
