"""From samples to figures: the table with intervals, and paired comparisons between methods."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean

from components.evaluate.config import EvaluateConfig
from components.evaluate.methods import METHODS
from components.evaluate.samples import Sample
from components.metrics.comparisons import compare_answers
from components.metrics.deployment import Cell, Comparison, EvaluateMetrics, Table
from components.metrics.figures import DIGITS
from components.metrics.intervals import wilson_interval
from components.tasks.task import Task

SUMMARISED_MODEL = "aligned"
COMPARISONS: Mapping[str, tuple[str, str]] = {
    "few_shot_cot_minus_direct": ("few_shot_cot", "few_shot"),
    "self_consistency_minus_greedy_cot": ("self_consistency", "few_shot_cot"),
}


def make_tables(samples: Sequence[Sample], confidence: float) -> dict[str, Table]:
    """One table per task, models and methods in the order in which they were asked."""
    outcomes: dict[tuple[str, str, str], list[bool]] = defaultdict(list)
    for sample in samples:
        outcomes[sample.task, sample.model, sample.method].append(sample.correct)
    tables: dict[str, Table] = {}
    for (task, model, method), correct in outcomes.items():
        share, low, high = wilson_interval(sum(correct), len(correct), confidence)
        tables.setdefault(task, {}).setdefault(model, {})[method] = Cell(
            exact_match=round(share, DIGITS), low=round(low, DIGITS), high=round(high, DIGITS), n=len(correct)
        )
    return tables


def average_tables(tables: Sequence[Table]) -> dict[str, dict[str, float]]:
    """The mean over tasks of each model by each method, where all have it: tasks count alike, whatever their size."""
    return {
        model: {
            method: round(fmean(table[model][method].exact_match for table in tables), DIGITS)
            for method in row
            if all(method in table.get(model, {}) for table in tables)
        }
        for model, row in tables[0].items()
    }


def compare_methods(samples: Sequence[Sample], first: str, second: str, confidence: float) -> Comparison:
    """First minus second over the items that both answered, with its interval and McNemar's exact p-value."""
    right = {(s.method, s.task, s.id): s.correct for s in samples}
    keys = [(s.task, s.id) for s in samples if s.method == first and (second, s.task, s.id) in right]
    return compare_answers(((right[first, *key], right[second, *key]) for key in keys), confidence)


def collect_metrics(samples: Sequence[Sample], cfg: EvaluateConfig, tasks: Sequence[Task] = ()) -> EvaluateMetrics:
    """All figures of the stage: `table` is of the first task, `tasks` holds those of the others."""
    tables = make_tables(samples, cfg.confidence)
    main = next(iter(tables))
    own = [s for s in samples if s.task == main]
    comparisons = {
        model: {
            name: compare_methods([s for s in own if s.model == model], first, second, cfg.confidence)
            for name, (first, second) in COMPARISONS.items()
            if {first, second} <= tables[main][model].keys()
        }
        for model in tables[main]
    }
    ignored = {task.name: dict(task.ignored_fields) for task in tasks if task.ignored_fields}
    mean = average_tables(list(tables.values())) if len(tables) > 1 else None
    found = comparisons.get(SUMMARISED_MODEL, {})
    thinking, voting = found.get("few_shot_cot_minus_direct"), found.get("self_consistency_minus_greedy_cot")
    return EvaluateMetrics(
        task=main,
        table=tables.pop(main),
        mean=mean,
        tasks=tables,
        comparisons=comparisons,
        few_shot_cot_minus_direct=thinking.difference if thinking else None,
        few_shot_cot_above_direct=thinking.difference > 0 if thinking else None,
        self_consistency_minus_greedy_cot=voting.difference if voting else None,
        self_consistency_not_below_greedy_cot=voting.difference >= 0 if voting else None,
        questions_too_long=sum(s.prompt is None for s in samples),
        exemplars_dropped=sum(cfg.shots - s.shots for s in samples if METHODS[s.method].shots and s.prompt is not None),
        ignored_fields=ignored or None,
    )
