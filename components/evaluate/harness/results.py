"""Files of a run in lm-eval's shape: `results_<time>.json`, and `samples_<task>_<time>.jsonl` for each task."""

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from components.base.files import write_text
from components.evaluate.harness.aggregation import is_higher_better
from components.evaluate.harness.metrics import Figures
from components.tasks.harness.suite import Suite
from components.tasks.harness.task import ChatOptions, HarnessTask, Question

SHAPE = "0.4.13"
"""The version of lm-eval whose files these are like."""


@dataclass(frozen=True)
class Outcome:
    """A task's results and samples."""

    task: HarnessTask
    results: dict[str, Any]
    samples: list[dict[str, Any]]


def make_sample(
    question: Question, answers: Sequence[Sequence[Any]], filtered: Sequence[Any], pipeline: str, figures: Figures
) -> dict[str, Any]:
    """One line of samples: a question under one filter."""
    arguments = {
        f"gen_args_{at}": {f"arg_{place}": part for place, part in enumerate(given)}
        for at, given in enumerate(question.arguments)
    }
    doc = json.dumps(question.doc, indent=2, default=str, ensure_ascii=False)
    return {
        "doc_id": question.doc_id,
        "doc": question.doc,
        "target": str(question.target),
        "arguments": arguments,
        "resps": _write_out([list(given) for given in answers]),
        "filtered_resps": _write_out(list(filtered)),
        "filter": pipeline,
        "metrics": list(figures),
        "doc_hash": _hash(doc),
        "prompt_hash": question.prompt_hash,
        "target_hash": _hash(str(question.target)),
        **figures,
    }


def write_results(
    outcomes: Sequence[Outcome],
    suite: Suite,
    groups: Mapping[str, dict[str, Any]],
    model: Path,
    out: Path,
    *,
    limit: int | None,
    chat: ChatOptions,
) -> str:
    """Write samples, then results, each file whole; returns a table of the results."""
    stamp = datetime.now().isoformat().replace(":", "-")
    for outcome in outcomes:
        lines = (json.dumps(sample, default=str, ensure_ascii=False) + "\n" for sample in outcome.samples)
        write_text(out / f"samples_{outcome.task.name}_{stamp}.jsonl", "".join(lines))
    results = {outcome.task.name: outcome.results for outcome in outcomes} | dict(groups)
    told = {
        "results": results,
        **({"groups": {name: found for name, found in groups.items() if "sample_len" in found}} if groups else {}),
        "group_subtasks": {group.page.group: list(group.children) for group in suite.groups},
        "configs": {o.task.name: _dump(o.task) for o in sorted(outcomes, key=lambda o: o.task.name)},
        "versions": {o.task.name: (o.task.page.metadata or {}).get("version", "Yaml") for o in outcomes},
        "n-shot": {o.task.name: o.task.page.num_fewshot or 0 for o in outcomes},
        "higher_is_better": {o.task.name: {m: is_higher_better(o.task, m) for m in o.task.metrics} for o in outcomes},
        "n-samples": {
            o.task.name: {"original": len(o.task.rows.asked), "effective": o.results["sample_len"]} for o in outcomes
        },
        "task_hashes": {o.task.name: _hash("".join(map(_join_hashes, o.samples))) for o in outcomes},
        "config": {"model": "ontogeny", "model_args": {"pretrained": str(model)}, "limit": limit},
        "fewshot_as_multiturn": chat.template is not None and chat.multiturn,
        "system_instruction": chat.system_instruction,
        "shape_of": f"lm_eval {SHAPE}",
        "versions_of": {name: _find_version(name) for name in ("torch", "transformers", "datasets", "jinja2")},
        "date": stamp,
    }
    write_text(
        out / f"results_{stamp}.json",
        json.dumps(_without_infinity(told), indent=2, default=str, ensure_ascii=False) + "\n",
    )
    return _draw_table(results)


def _join_hashes(sample: Mapping[str, Any]) -> str:
    return f"{sample['doc_hash']}{sample['prompt_hash']}{sample['target_hash']}"


def _dump(task: HarnessTask) -> dict[str, Any]:
    page = task.page.model_dump(exclude_none=True)
    return {**page, "task": task.name, "generation_kwargs": task.generation_kwargs}


def _write_out(value: Any) -> Any:
    """Every number as text, as lm-eval writes them for readers that want one type a column."""
    return [_write_out(part) for part in value] if isinstance(value, list | tuple) else str(value)


def _without_infinity(value: Any) -> Any:
    """JSON has no infinity: such a figure is written as a word."""
    match value:
        case float() if not math.isfinite(value):
            return str(value)
        case dict():
            return {key: _without_infinity(part) for key, part in value.items()}
        case list() | tuple():
            return [_without_infinity(part) for part in value]
        case _:
            return value


def _find_version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _draw_table(results: Mapping[str, Mapping[str, Any]]) -> str:
    lines = ["| task | filter | metric | value | stderr |", "|---|---|---|---|---|"]
    for name, found in results.items():
        for key, value in found.items():
            metric, comma, pipeline = key.partition(",")
            if comma and not metric.endswith("_stderr"):
                error = found.get(f"{metric}_stderr,{pipeline}", "N/A")
                told = error if isinstance(error, str) else f"{error:.4f}"
                lines.append(f"| {name} | {pipeline} | {metric} | {value:.4f} | {told} |")
    return "\n".join(lines)
