"""The HTML page: one file, no script, no network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from components.base.files import write_text
from components.plots.intervals import draw_intervals
from components.plots.lines import Frame, Line, draw_lines
from components.report import ablation, grid, lineage, panels, probes, scores, seeds, tables
from components.report.config import ReportConfig
from components.report.duplicates import draw_duplicates
from components.report.forgetting import draw_forgetting, list_forgetting
from components.report.formatting import (
    DASH,
    format_count,
    format_duration,
    format_gigabytes,
    format_milliseconds,
    format_number,
    format_percent,
)  # fmt: skip
from components.report.graph_svg import Note, draw_graph
from components.report.run_record import RunMetrics, RunRecord, find_broken_links, read_metrics
from components.report.targets import TargetResult

TEMPLATES = Path(__file__).parent / "templates"


def write_page(path: Path, run: RunRecord, target_results: list[TargetResult], cfg: ReportConfig) -> None:
    """Render everything into one self-contained file."""
    write_text(path, render("report.html.j2", describe_page(run, target_results, cfg)))


def render(template: str, context: Mapping[str, Any]) -> str:
    """Fill one of the room's templates; a name the template asks for and the context lacks is an error."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=lambda name: bool(name and ".html" in name),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(template).render(context)


def describe_page(run: RunRecord, target_results: list[TargetResult], cfg: ReportConfig) -> dict[str, Any]:
    """All that the page shows, in words and pictures."""
    metrics = read_metrics(run)
    notes = note_stations(metrics, target_results, scores.format_confidence(run))
    ppo, ppo_verdict, ppo_astray = panels.draw_ppo(run, cfg)
    loads = tables.list_loads(metrics.serve)
    seconds, memory = tables.list_costs(run)
    return {
        "title": cfg.title,
        "style": "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in ("graph.css", "page.css")),
        "summary": summarize(metrics, run),
        "tiles": list_tiles(metrics, target_results),
        "graph_wide": draw_graph(notes, "wide"),
        "graph_tall": draw_graph(notes, "tall"),
        "target_results": target_results,
        "met": sum(verdict.met for verdict in target_results),
        "asked": sum(verdict.asked for verdict in target_results),
        "funnel": tables.list_funnel(metrics.corpus),
        "corpus_facts": tables.list_corpus_facts(metrics.corpus, metrics.tokens),
        "sources": tables.list_sources(metrics.corpus),
        "duplicates": draw_duplicates(metrics.corpus),
        "pretrain": panels.draw_pretrain(run, metrics.pretrain, cfg.smoothing),
        "ablation": ablation.read_page(cfg.ablation_file),
        "seeds": seeds.read_page(cfg.seeds_file, cfg.targets),
        "tuning": panels.draw_tuning(run, cfg.smoothing),
        "forgetting": draw_forgetting(metrics),
        "forgotten": list_forgetting(metrics),
        "ppo": ppo,
        "ppo_verdict": ppo_verdict,
        "ppo_astray": ppo_astray,
        **scores.list_helpers(),
        "task": scores.name_task(metrics.evaluate.task),
        "task_scores": metrics.evaluate.tasks,
        "scores": metrics.evaluate.table,
        "confidence": scores.format_confidence(run),
        "score_plots": {
            model: draw_intervals(scores.make_intervals(row), f"{model}: exact match", format_percent, shares=True)
            for model, row in metrics.evaluate.table.items()
        },
        "grids": grid.describe_grids(metrics.icl.cells),
        "probes": probes.draw_probes(metrics.icl),
        "quantization": tables.list_quantization(metrics.quantize),
        "precisions": tables.compare_precisions(metrics.quantize),
        "loads": loads,
        "load_plot": draw_loads(loads),
        "seconds": seconds,
        "memory": memory,
        "total": format_duration(metrics.report.total_wall_s),
        "peak": format_gigabytes(metrics.report.max_peak_memory_gb),
        "lineage": lineage.list_lineage(run),
        "params": lineage.list_params(run),
        "broken_links": find_broken_links(run),
        "versions": lineage.list_versions(run),
        "hardware": lineage.list_hardware(run),
    }


def note_stations(metrics: RunMetrics, target_results: list[TargetResult], confidence: str) -> dict[str, Note]:
    """A figure for every station of the graph."""
    met, asked = (sum(getattr(result, name) for result in target_results) for name in ("met", "asked"))
    pairs = [count for count in (metrics.preferences.train_pairs, metrics.preferences.heldout_pairs) if count]
    return {
        "corpus": Note(format_count(metrics.corpus.documents_out), "documents kept"),
        "tokens": Note(format_count(metrics.tokens.train_tokens), "tokens"),
        "pretrain": Note(format_number(metrics.pretrain.bits_per_byte), "bits per byte"),
        "sft": _note_share(metrics.sft.exact_match_cot, "right, step by step", metrics.sft.val_loss, "validation loss"),
        "preferences": Note(format_count(sum(pairs) if pairs else None), "pairs"),
        "reward": Note(format_percent(metrics.reward.heldout_accuracy), "held-out pairs"),
        "align": _note_share(
            metrics.align.exact_match_after, "right, asked plainly", metrics.align.kl_to_sft, "nats from the sft model"
        ),
        "quantize": Note(format_percent(metrics.quantize.size_ratio), "of the fp32 size"),
        "serve": Note(format_milliseconds(metrics.serve.p50_ms), f"p50{format_crowd(metrics)}"),
        "evaluate": Note(f"{len(metrics.evaluate.table)} models", f"{confidence} intervals"),
        "icl": Note(format_count(metrics.icl.cells_asked), "cells, tested"),
        "code": Note("", "a fingerprint per stage"),
        "report": Note("", f"{met} of {asked} targets met"),
    }


def _note_share(share: float | None, name: str, other: float | None, other_name: str) -> Note:
    """A share of right answers, or another figure of a run whose answers nobody can judge."""
    return Note(format_number(other), other_name) if share is None else Note(format_percent(share), name)


def summarize(metrics: RunMetrics, run: RunRecord) -> str:
    """The run in one breath."""
    return (
        f"A model of {format_count(metrics.pretrain.parameters)} parameters, from "
        f"{format_count(metrics.corpus.documents_out)} documents to a chat server in "
        f"{format_duration(metrics.report.total_wall_s)}, on {lineage.format_scale(run)}. "
        f"Every number on this page was measured in this run."
    )


def list_tiles(metrics: RunMetrics, target_results: list[TargetResult]) -> list[tuple[str, str, str]]:
    """The figures one reads first: value, name, remark."""
    align, pretrain, serve = metrics.align, metrics.pretrain, metrics.serve
    ngram, p95 = format_number(pretrain.ngram_bits_per_byte), format_milliseconds(serve.p95_ms)
    met, asked = (sum(getattr(result, name) for result in target_results) for name in ("met", "asked"))
    tiles = [
        (format_percent(align.exact_match_after), "right answers after PPO",
         f"{format_percent(align.exact_match_before)} before, asked plainly"),
        (format_number(pretrain.bits_per_byte), "bits per byte", f"n-gram {ngram}"),
        (format_percent(metrics.quantize.size_ratio), "of its size in INT8", "held to its quality gate"),
        (format_milliseconds(serve.p50_ms), "median answer, served", f"p95 {p95}{format_crowd(metrics)}"),
        (f"{met}/{asked}", "targets met", "each one listed below"),
    ]  # fmt: skip
    return [tile for tile in tiles if tile[0] != DASH]


def format_crowd(metrics: RunMetrics) -> str:
    """Of how many clients the latencies on top are: those of the widest level."""
    loads = tables.list_loads(metrics.serve)
    return f", {loads[-1].clients} at once" if loads else ""


def draw_loads(loads: list[tables.LoadRow]) -> Markup:
    """Latency against the number of clients that ask at once."""
    names = tuple(str(row.clients) for row in loads)
    p50 = [(float(index), row.p50_ms) for index, row in enumerate(loads) if row.p50_ms is not None]
    p95 = [(float(index), row.p95_ms) for index, row in enumerate(loads) if row.p95_ms is not None]
    lines = [Line("p95", p95, "second", dots=True), Line("p50", p50, dots=True)]
    return draw_lines(lines, "Latency", Frame(x_label="clients", x_names=names, from_zero=True))
