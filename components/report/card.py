"""The model card, in the form that Hugging Face reads: YAML front matter, then Markdown."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.base.files import write_text
from components.report import lineage, tables
from components.report import scores as evaluation
from components.report.config import ReportConfig
from components.report.page import render
from components.report.story import Story, gather_figures, number_at
from components.report.targets import Verdict
from components.report.wording import say_count, say_duration, say_gigabytes

RESULTS = (
    ("align", "exact_match_after", "exact_match", "Word problems, asked plainly, greedy (before INT8)"),
    ("sft", "exact_match_cot", "exact_match", "Word problems, step by step (instruction-tuned)"),
    ("pretrain", "bits_per_byte", "bits_per_byte", "Validation text (base)"),
)
SERVED = ("int8", "quantize", "quantized")


def write_card(path: Path, story: Story, verdicts: list[Verdict], cfg: ReportConfig) -> None:
    """Render the card beside the page."""
    write_text(path, render("model_card.md.j2", describe_card(story, verdicts, cfg)))


def describe_card(story: Story, verdicts: list[Verdict], cfg: ReportConfig) -> dict[str, Any]:
    """All that the card says."""
    figures = gather_figures(story)
    scores = evaluation.read_scores(figures)
    return {
        "cfg": cfg,
        "quoted": lambda text: json.dumps(text, ensure_ascii=False),
        "results": list_results(figures, scores),
        "verdicts": verdicts,
        "scores": scores,
        "confidence": evaluation.say_confidence(figures),
        "list_methods": evaluation.list_methods,
        "task_scores": evaluation.read_task_scores(figures),
        "name_method": evaluation.name_method,
        "quantization": tables.list_quantization(figures),
        "hardware": lineage.list_hardware(story),
        "versions": lineage.list_versions(story),
        "parameters": say_count(number_at(figures, "pretrain.parameters")),
        "lineage": lineage.list_lineage(story),
        "params": lineage.list_params(story),
        "total": say_duration(number_at(figures, "report.total_wall_s")),
        "peak": say_gigabytes(number_at(figures, "report.max_peak_memory_gb")),
    }


def list_results(figures: Mapping[str, Any], scores: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Entries of the front matter's model-index: the served model's scores, then figures of the road."""
    served = next((name for name in SERVED if name in scores), None)
    results = [
        {"name": f"Word problems, {evaluation.name_method(method)}", "type": "exact_match", "value": score.value}
        for method, score in (scores[served].items() if served else ())
    ]
    for stage, key, kind, name in RESULTS:
        value = number_at(figures, f"{stage}.{key}")
        if value is not None:
            results.append({"name": name, "type": kind, "value": value})
    return results
