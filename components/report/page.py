"""The HTML page: one file, no script, no network."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from components.base.files import write_text
from components.plots.intervals import draw_intervals
from components.plots.lines import Frame, Line, draw_lines
from components.report import lineage, panels, tables
from components.report import scores as evaluation
from components.report.ablation import read_page
from components.report.config import ReportConfig
from components.report.duplicates import draw_duplicates
from components.report.road import Note, draw_road
from components.report.story import Story, find_broken_links, gather_figures, number_at
from components.report.targets import Verdict
from components.report.wording import (
    say_count,
    say_duration,
    say_gigabytes,
    say_milliseconds,
    say_number,
    say_percent,
)  # fmt: skip

TEMPLATES = Path(__file__).parent / "templates"


def write_page(path: Path, story: Story, verdicts: list[Verdict], cfg: ReportConfig) -> None:
    """Render everything into one self-contained file."""
    write_text(path, render("report.html.j2", describe_page(story, verdicts, cfg)))


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


def describe_page(story: Story, verdicts: list[Verdict], cfg: ReportConfig) -> dict[str, Any]:
    """All that the page shows, in words and pictures."""
    figures = gather_figures(story)
    notes = note_stations(figures, verdicts)
    scores = evaluation.read_scores(figures)
    ppo, ppo_verdict, ppo_astray = panels.draw_ppo(story, cfg)
    seconds, memory = tables.list_costs(story)
    return {
        "title": cfg.title,
        "style": "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in ("road.css", "page.css")),
        "summary": summarize(figures, story),
        "tiles": list_tiles(figures, verdicts),
        "road_wide": draw_road(notes, "wide"),
        "road_tall": draw_road(notes, "tall"),
        "verdicts": verdicts,
        "met": sum(verdict.met for verdict in verdicts),
        "funnel": tables.list_funnel(figures),
        "corpus_facts": tables.list_corpus_facts(figures),
        "sources": tables.list_sources(figures),
        "duplicates": draw_duplicates(figures),
        "pretrain": panels.draw_pretrain(story, figures, cfg.smoothing),
        "ablation": read_page(cfg.ablation_file),
        "tuning": panels.draw_tuning(story, cfg.smoothing),
        "ppo": ppo,
        "ppo_verdict": ppo_verdict,
        "ppo_astray": ppo_astray,
        "list_methods": evaluation.list_methods,
        "task_scores": evaluation.read_task_scores(figures),
        "name_method": evaluation.name_method,
        "scores": scores,
        "confidence": evaluation.say_confidence(figures),
        "score_plots": {
            model: draw_intervals(evaluation.make_intervals(row), f"{model}: exact match", say_percent, shares=True)
            for model, row in scores.items()
        },
        "quantization": tables.list_quantization(figures),
        "precisions": tables.compare_precisions(figures),
        "loads": tables.list_loads(figures),
        "load_plot": draw_loads(tables.list_loads(figures)),
        "seconds": seconds,
        "memory": memory,
        "total": say_duration(number_at(figures, "report.total_wall_s")),
        "peak": say_gigabytes(number_at(figures, "report.max_peak_memory_gb")),
        "lineage": lineage.list_lineage(story),
        "params": lineage.list_params(story),
        "broken_links": find_broken_links(story),
        "versions": lineage.list_versions(story),
        "hardware": lineage.list_hardware(story),
    }


def note_stations(figures: Mapping[str, Any], verdicts: list[Verdict]) -> dict[str, Note]:
    """A figure for every station of the road."""
    at = _finder(figures)
    met = sum(verdict.met for verdict in verdicts)
    confidence = evaluation.say_confidence(figures)
    return {
        "corpus": Note(say_count(at("corpus.documents_out")), "documents kept"),
        "tokens": Note(say_count(at("tokens.train_tokens")), "tokens"),
        "pretrain": Note(say_number(at("pretrain.bits_per_byte")), "bits per byte"),
        "sft": Note(say_percent(at("sft.exact_match_cot")), "right, step by step"),
        "reward": Note(say_percent(at("reward.heldout_accuracy")), "held-out pairs"),
        "align": Note(say_percent(at("align.exact_match_after")), "right, asked plainly"),
        "quantize": Note(say_percent(at("quantize.size_ratio")), "of the fp32 size"),
        "serve": Note(say_milliseconds(at("serve.p50_ms")), f"p50{say_crowd(figures)}"),
        "evaluate": Note(f"{len(evaluation.read_scores(figures))} models", f"{confidence} intervals"),
        "code": Note("", "a fingerprint per stage"),
        "report": Note("", f"{met} of {len(verdicts)} targets met"),
    }


def summarize(figures: Mapping[str, Any], story: Story) -> str:
    """The run in one breath."""
    at = _finder(figures)
    return (
        f"A model of {say_count(at('pretrain.parameters'))} parameters, from "
        f"{say_count(at('corpus.documents_out'))} documents to a chat server in "
        f"{say_duration(at('report.total_wall_s'))}, on {lineage.say_scale(story)}. "
        f"Every number on this page was measured in this run."
    )


def list_tiles(figures: Mapping[str, Any], verdicts: list[Verdict]) -> list[tuple[str, str, str]]:
    """The figures one reads first: value, name, remark."""
    at = _finder(figures)
    before, p95 = say_percent(at("align.exact_match_before")), say_milliseconds(at("serve.p95_ms"))
    met = sum(verdict.met for verdict in verdicts)
    return [
        (say_percent(at("align.exact_match_after")), "right answers after PPO", f"{before} before, asked plainly"),
        (say_number(at("pretrain.bits_per_byte")), "bits per byte", f"n-gram {say_number(at(NGRAM))}"),
        (say_percent(at("quantize.size_ratio")), "of its size in INT8", "held to its quality gate"),
        (
            say_milliseconds(at("serve.p50_ms")),
            "median answer, served",
            f"p95 {p95}{say_crowd(figures)}",
        ),
        (f"{met}/{len(verdicts)}", "targets met", "each one listed below"),
    ]


NGRAM = "pretrain.ngram_bits_per_byte"


def say_crowd(figures: Mapping[str, Any]) -> str:
    """Of how many clients the latencies on top are: those of the widest level."""
    loads = tables.list_loads(figures)
    return f", {loads[-1]['clients']} at once" if loads else ""


def draw_loads(loads: list[dict[str, Any]]) -> Markup:
    """Latency against the number of clients that ask at once."""
    names = tuple(str(row["clients"]) for row in loads)
    p50, p95 = (
        [(float(index), float(row[key])) for index, row in enumerate(loads) if key in row]
        for key in ("p50_ms", "p95_ms")
    )
    lines = [Line("p95", p95, "second", dots=True), Line("p50", p50, dots=True)]
    return draw_lines(lines, "Latency", Frame(x_label="clients", x_names=names, from_zero=True))


def _finder(figures: Mapping[str, Any]) -> Any:
    return lambda path: number_at(figures, path)
