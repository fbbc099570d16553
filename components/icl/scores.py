"""From samples to figures: each cell with its interval, its test against the baseline, its spread and its cost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from statistics import fmean

from components.icl.config import GridConfig
from components.icl.curves import expect_majority
from components.icl.grid import AXES, Cell, list_cells
from components.icl.samples import Costs, GridRun, Sample
from components.metrics.comparisons import compare_answers
from components.metrics.figures import DIGITS
from components.metrics.intervals import wilson_interval
from components.metrics.prompting import GridCell, IclMetrics

Key = tuple[str, str, Cell]
"""Model, task and cell."""


def collect_metrics(run: GridRun, cfg: GridConfig) -> IclMetrics:
    """All figures of the grid."""
    cells = make_cells(run, cfg)
    spreads = [spread for cell in cells for spread in cell.sensitivity.values()]
    return IclMetrics(
        cells=cells,
        cells_asked=len(cells),
        best_difference=max((cell.difference for cell in cells if cell.difference is not None), default=None),
        largest_spread=max(spreads, default=None),
        overlapping=sum(sample.overlaps for sample in run.samples),
    )


def make_cells(run: GridRun, cfg: GridConfig) -> list[GridCell]:
    """One for each model, task and cell, in the order in which they were asked."""
    groups: dict[Key, list[Sample]] = {}
    for sample in run.samples:
        groups.setdefault((sample.model, sample.task, sample.cell), []).append(sample)
    scores = {key: fmean(sample.correct for sample in samples) for key, samples in groups.items()}
    base = list_cells(cfg)[0]
    return [
        make_cell(samples, groups[key[0], key[1], base], run.costs[key], cfg.confidence)
        .model_copy(update={"sensitivity": measure_spread(key, scores)})
        for key, samples in groups.items()
    ]  # fmt: skip


def make_cell(samples: Sequence[Sample], baseline: Sequence[Sample], costs: Costs, confidence: float) -> GridCell:
    """A cell's own figures, and those against the baseline's samples."""
    first, n = samples[0], len(samples)
    share, low, high = wilson_interval(sum(sample.correct for sample in samples), n, confidence)
    other = {sample.id: sample.correct for sample in baseline}
    against = compare_answers([(sample.correct, other[sample.id]) for sample in samples], confidence)
    clean = [sample.correct for sample in samples if not sample.overlaps]
    return GridCell(
        **asdict(first.cell),
        model=first.model,
        task=first.task,
        exact_match=round(share, DIGITS),
        low=round(low, DIGITS),
        high=round(high, DIGITS),
        n=n,
        difference=against.difference,
        difference_low=against.low,
        difference_high=against.high,
        p_value=against.p_value,
        overlapping=n - len(clean),
        exact_match_without_overlap=round(fmean(clean), DIGITS) if clean else None,
        votes_curve=draw_curve(samples),
        prompts_too_long=sum(sample.prompt is None for sample in samples),
        demonstrations_dropped=sum(first.cell.shots - sample.shown for sample in samples if sample.prompt is not None),
        prompt_tokens=costs.prompt_tokens,
        computed_tokens=costs.computed_tokens,
        generated_tokens=costs.generated_tokens,
        seconds=round(costs.seconds, 3),
    )


def measure_spread(key: Key, scores: Mapping[Key, float]) -> dict[str, float]:
    """By axis in which there are such cells: greatest less least score of those that differ in it alone."""
    model, task, cell = key
    own = asdict(cell)
    found = {}
    for axis in AXES:
        alike = [
            score
            for (other_model, other_task, other), score in scores.items()
            if (other_model, other_task) == (model, task) and asdict(other) | {axis: own[axis]} == own
        ]
        if len(alike) > 1:
            found[axis] = round(max(alike) - min(alike), DIGITS)
    return found


def draw_curve(samples: Sequence[Sample]) -> dict[str, float]:
    """Exact match by the number of chains that vote, where several were sampled of each item."""
    chains = min(len(sample.answers) for sample in samples)
    return {
        str(n): round(fmean(expect_majority(sample.answers, sample.right, n) for sample in samples), DIGITS)
        for n in range(1, chains + 1)
        if chains > 1
    }
