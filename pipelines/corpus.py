"""Raw sources become clean documents, split into train and validation."""

from pathlib import Path

from components.corpus.artifact import (
    write_decontamination,
    write_documents,
    write_funnel,
    write_quarantine,
    write_skipped,
)
from components.corpus.cleaning import Cleaner
from components.corpus.config import CorpusConfig
from components.corpus.document_stats import DocumentProcessor
from components.corpus.funnel import summarise
from components.corpus.ray_pipeline import process_documents
from components.corpus.selection import select_documents
from components.corpus.sources import list_skipped, plan_read_tasks
from components.metrics.data import CorpusMetrics
from components.runtime.session import ray_session
from components.tasks.config import SharedConfig
from components.tasks.contamination import build_contamination_index


def run(cfg: CorpusConfig, *, shared: SharedConfig, out: Path) -> CorpusMetrics:
    """Write `out/documents` and beside them all that was dropped, skipped or not looked for; return the funnel."""
    tasks = tuple(plan_read_tasks(cfg))
    write_skipped(list_skipped(cfg), out / "skipped.jsonl")
    contamination = build_contamination_index(shared)
    write_decontamination(contamination, out / "decontamination.json")

    with ray_session():
        processed = process_documents(DocumentProcessor(tasks, Cleaner(cfg, contamination), shared))
        stats = processed.fetch_stats()
        write_quarantine(stats, out / "quarantine.jsonl", cfg.max_malformed_fraction)
        selection = select_documents(stats, cfg, processed.pick_texts)
        write_documents(processed.stream_texts(), selection.decisions, out, cfg.examples_per_rule)

    return write_funnel(summarise(stats, selection, contamination), out / "funnel.json")
