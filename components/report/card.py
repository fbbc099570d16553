"""The model card, in the form that Hugging Face reads: YAML front matter, then Markdown."""

import json
from pathlib import Path
from typing import Any

from components.base.files import write_text
from components.report import lineage, scores, tables
from components.report.config import ReportConfig
from components.report.formatting import format_count, format_duration, format_gigabytes
from components.report.page import render
from components.report.run_record import RunMetrics, RunRecord, read_metrics
from components.report.targets import TargetResult

SERVED = ("int8", "quantize", "quantized")


def write_card(path: Path, run: RunRecord, target_results: list[TargetResult], cfg: ReportConfig) -> None:
    """Render the card beside the page."""
    write_text(path, render("model_card.md.j2", describe_card(run, target_results, cfg)))


def describe_card(run: RunRecord, target_results: list[TargetResult], cfg: ReportConfig) -> dict[str, Any]:
    """All that the card says."""
    metrics = read_metrics(run)
    return {
        "cfg": cfg,
        "quoted": lambda text: json.dumps(text, ensure_ascii=False),
        "results": list_results(metrics),
        "target_results": target_results,
        "task_name": scores.name_task(metrics.evaluate.task),
        "tasks": [scores.name_task(task) for task in (metrics.evaluate.task, *metrics.evaluate.tasks)],
        "scores": metrics.evaluate.table,
        "task_scores": metrics.evaluate.tasks,
        "confidence": scores.format_confidence(run),
        **scores.list_helpers(),
        "quantization": tables.list_quantization(metrics.quantize),
        "hardware": lineage.list_hardware(run),
        "versions": lineage.list_versions(run),
        "parameters": format_count(metrics.pretrain.parameters),
        "lineage": lineage.list_lineage(run),
        "params": lineage.list_params(run),
        "total": format_duration(metrics.report.total_wall_s),
        "peak": format_gigabytes(metrics.report.max_peak_memory_gb),
    }


def list_results(metrics: RunMetrics) -> list[dict[str, Any]]:
    """Entries of the front matter's model-index: the served model's scores, then figures of the run."""
    table = metrics.evaluate.table
    served = next((name for name in SERVED if name in table), None)
    task = scores.name_task(metrics.evaluate.task).capitalize()
    results = [
        {"name": f"{task}, {scores.name_method(method)}", "type": "exact_match", "value": cell.exact_match}
        for method, cell in (table[served].items() if served else ())
    ]
    others = (
        ("Prompts of the run, asked plainly, greedy (before INT8)", "exact_match", metrics.align.exact_match_after),
        ("Tasks of the run, step by step (instruction-tuned)", "exact_match", metrics.sft.exact_match_cot),
        ("Validation text (base)", "bits_per_byte", metrics.pretrain.bits_per_byte),
    )
    return results + [{"name": name, "type": kind, "value": value} for name, kind, value in others if value is not None]
