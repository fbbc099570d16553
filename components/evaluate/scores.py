"""From records to figures: the table with intervals, and paired comparisons between methods."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from components.base.metrics import Metrics
from components.evaluate.config import FEW_SHOT_METHODS, EvaluateConfig, Method
from components.evaluate.intervals import mcnemar_p_value, wilson_interval
from components.evaluate.judge import Record
from components.evaluate.task import WORD_PROBLEMS, Task

Table = dict[str, dict[str, dict[str, Any]]]
"""model → method → {exact_match, low, high, n}."""

DIGITS = 4
JUDGED_MODEL = "aligned"
COMPARISONS: Mapping[str, tuple[Method, Method]] = {
    "few_shot_cot_minus_direct": ("few_shot_cot", "few_shot"),
    "self_consistency_minus_greedy_cot": ("self_consistency", "few_shot_cot"),
}


def make_tables(records: Sequence[Record], confidence: float) -> dict[str, Table]:
    """One table per task, models and methods in the order in which they were asked."""
    outcomes: dict[tuple[str, str, str], list[bool]] = defaultdict(list)
    for record in records:
        outcomes[record.task, record.model, record.method].append(record.correct)
    tables: dict[str, Table] = {}
    for (task, model, method), correct in outcomes.items():
        share, low, high = wilson_interval(sum(correct), len(correct), confidence)
        cell = {"exact_match": round(share, DIGITS), "low": round(low, DIGITS), "high": round(high, DIGITS)}
        tables.setdefault(task, {}).setdefault(model, {})[method] = {**cell, "n": len(correct)}
    return tables


def compare_methods(records: Sequence[Record], first: Method, second: Method) -> dict[str, float]:
    """First minus second over the items that both answered, with McNemar's exact p-value."""
    right = {(r.method, r.task, r.id): r.correct for r in records}
    keys = [(r.task, r.id) for r in records if r.method == first and (second, r.task, r.id) in right]
    pairs = [(right[first, *key], right[second, *key]) for key in keys]
    only_first = sum(a and not b for a, b in pairs)
    only_second = sum(b and not a for a, b in pairs)
    return {
        "difference": round((only_first - only_second) / len(pairs), DIGITS),
        "p_value": round(mcnemar_p_value(only_first, only_second), DIGITS),
    }


def collect_metrics(records: Sequence[Record], cfg: EvaluateConfig, tasks: Sequence[Task] = ()) -> Metrics:
    """All figures of the stage: `table` is of the word problems, `tasks` holds those of the user's tasks."""
    tables = make_tables(records, cfg.confidence)
    own = [r for r in records if r.task == WORD_PROBLEMS]
    comparisons = {
        model: {
            name: compare_methods([r for r in own if r.model == model], first, second)
            for name, (first, second) in COMPARISONS.items()
            if {first, second} <= set(cfg.methods)
        }
        for model in tables[WORD_PROBLEMS]
    }
    ignored = {task.name: dict(task.ignored_fields) for task in tasks if task.ignored_fields}
    return {
        "table": tables.pop(WORD_PROBLEMS),
        "tasks": tables,
        "comparisons": comparisons,
        **({"ignored_fields": ignored} if ignored else {}),
        **_summarise(comparisons.get(JUDGED_MODEL, {})),
        "questions_too_long": sum(r.prompt is None for r in records),
        "exemplars_dropped": sum(
            cfg.shots - r.shots for r in records if r.method in FEW_SHOT_METHODS and r.prompt is not None
        ),
    }


def _summarise(comparisons: Mapping[str, Mapping[str, float]]) -> Metrics:
    """The aligned model's two differences at the top, with the two claims as booleans."""
    differences = {name: found["difference"] for name, found in comparisons.items()}
    claims: Metrics = {}
    if "few_shot_cot_minus_direct" in differences:
        claims["few_shot_cot_above_direct"] = differences["few_shot_cot_minus_direct"] > 0
    if "self_consistency_minus_greedy_cot" in differences:
        claims["self_consistency_not_below_greedy_cot"] = differences["self_consistency_minus_greedy_cot"] >= 0
    return {**differences, **claims}
