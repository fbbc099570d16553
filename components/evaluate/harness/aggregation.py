"""From figures of questions to those of a task and of a group: lm-eval's means, perplexities and standard errors."""

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

from components.base.errors import DataError, ParamsError
from components.tasks.harness.suite import Group
from components.tasks.harness.task import HarnessTask

NOT_TOLD = "N/A"
"""What lm-eval writes where a standard error has no closed form."""


def _mean(values: Sequence[Any]) -> float:
    return float(sum(values) / len(values))


def _median(values: Sequence[Any]) -> float:
    return float(sorted(values)[len(values) // 2])


def _perplexity(logprobs: Sequence[float]) -> float:
    return _exp(-_mean(logprobs))


def _weigh(pairs: Sequence[tuple[float, int]]) -> float:
    return sum(value for value, _ in pairs) / sum(weight for _, weight in pairs)


def _weighted_perplexity(pairs: Sequence[tuple[float, int]]) -> float:
    return _exp(-_weigh(pairs))


def _bits_per_byte(pairs: Sequence[tuple[float, int]]) -> float:
    return -_weigh(pairs) / math.log(2)


def _f1(pairs: Sequence[tuple[int, int]]) -> float:
    """Of option 1 as the positive one, as scikit-learn's default."""
    if any(place > 1 for pair in pairs for place in pair):
        raise DataError("f1: it takes two options, the second of which is the positive one")
    hits = sum(gold == picked == 1 for gold, picked in pairs)
    ones = sum(gold + picked for gold, picked in pairs)
    return 2 * hits / ones if ones else 0.0


def _brier(pairs: Sequence[tuple[int, Sequence[float]]]) -> float:
    """Squared distance of the options' probabilities from the right one's."""
    scores = []
    for gold, logprobs in pairs:
        largest = max(logprobs)
        weights = [math.exp(value - largest) for value in logprobs]
        scores.append(sum((w / sum(weights) - (place == gold)) ** 2 for place, w in enumerate(weights)))
    return fmean(scores)


def _bypass(_: Sequence[Any]) -> float:
    return 999.0


def _exp(nats: float) -> float:
    try:
        return math.exp(nats)
    except OverflowError:
        return math.inf


AGGREGATIONS: Mapping[str, Callable[[Sequence[Any]], float]] = {
    "mean": _mean,
    "nanmean": _mean,
    "median": _median,
    "perplexity": _perplexity,
    "weighted_perplexity": _weighted_perplexity,
    "bits_per_byte": _bits_per_byte,
    "f1": _f1,
    "brier_score": _brier,
    "bypass": _bypass,
}
DEFAULTS: Mapping[str, str] = {
    "perplexity": "perplexity",
    "word_perplexity": "weighted_perplexity",
    "byte_perplexity": "weighted_perplexity",
    "bits_per_byte": "bits_per_byte",
    "f1": "f1",
    "brier_score": "brier_score",
    "bypass": "bypass",
}
"""Where a page names none; of other metrics it is the mean."""
LOWER_IS_BETTER = frozenset({"perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte", "brier_score"})


def choose_aggregation(task: HarnessTask, metric: str) -> str:
    """How a metric's figures become one. Raises ParamsError for an aggregation that is not known."""
    entry = next((m for m in task.page.metric_list or [] if m.get("metric") == metric), {})
    name = entry.get("aggregation", DEFAULTS.get(metric, "mean"))
    if name not in AGGREGATIONS:
        raise ParamsError(f"{task.where}: metric_list: aggregation: {name!r} is not one of {', '.join(AGGREGATIONS)}")
    return str(name)


def is_higher_better(task: HarnessTask, metric: str) -> bool:
    """Whether more of a metric is better."""
    entry = next((m for m in task.page.metric_list or [] if m.get("metric") == metric), {})
    return bool(entry.get("higher_is_better", metric not in LOWER_IS_BETTER))


def summarise(task: HarnessTask, figures: Mapping[tuple[str, str], Sequence[Any]]) -> dict[str, Any]:
    """A task's results by `metric,filter`, each with its standard error."""
    found: dict[str, Any] = {}
    for (metric, pipeline), values in figures.items():
        name = choose_aggregation(task, metric)
        try:
            found[f"{metric},{pipeline}"] = AGGREGATIONS[name](values)
        except (TypeError, ValueError, ZeroDivisionError) as error:
            raise DataError(f"{task.where}: {metric}: {name} does not suit its figures ({error})") from None
        closed = name == "mean" and len(values) > 1
        found[f"{metric}_stderr,{pipeline}"] = _measure_error(values) if closed else NOT_TOLD
    return found


def _measure_error(values: Sequence[float]) -> float:
    """Of a mean, by the sample's own deviation."""
    mean = _mean(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1)) / math.sqrt(len(values))


def summarise_group(group: Group, results: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A group's results from those of its tasks, weighted by their sizes where it says so."""
    found: dict[str, Any] = {"name": group.page.group, "alias": group.page.group_alias or group.page.group}
    if not group.metrics:
        return found
    found["sample_len"] = sum(results[name]["sample_len"] for name in group.tasks)
    counts: dict[str, int] = {}
    for metric in group.metrics:
        for pipeline in _list_pipelines(group, metric.metric, metric.filter_list, results):
            key, error = f"{metric.metric},{pipeline}", f"{metric.metric}_stderr,{pipeline}"
            tasks = [results[name] for name in group.tasks if key in results[name]]
            if not tasks:
                continue
            sizes = [task["sample_len"] for task in tasks]
            weights = sizes if metric.weight_by_size else [1] * len(sizes)
            found[key] = sum(task[key] * w for task, w in zip(tasks, weights, strict=True)) / sum(weights)
            found[error] = _pool_errors([task[error] for task in tasks], sizes, by_size=metric.weight_by_size)
            counts[key] = sum(sizes)
    return {**found, "sample_count": counts} if counts else found


def _list_pipelines(
    group: Group, metric: str, given: str | list[str] | None, results: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    if given is not None:
        return [given] if isinstance(given, str) else given
    keys = {key for name in group.tasks for key in results[name] if key.startswith(f"{metric},")}
    return sorted(key.partition(",")[2] for key in keys)


def _pool_errors(errors: Sequence[Any], sizes: Sequence[int], *, by_size: bool) -> float | str:
    """The standard error of a mean over tasks: pooled, or of the plain mean of their means."""
    if NOT_TOLD in errors:
        return NOT_TOLD
    if not by_size:
        return math.sqrt(sum(error**2 for error in errors)) / len(errors)
    pooled = sum((size - 1) * error**2 * size for error, size in zip(errors, sizes, strict=True))
    return math.sqrt(pooled / (sum(sizes) - len(sizes)) / sum(sizes))
