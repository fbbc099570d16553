"""Raw sources become clean documents, split into train and validation."""

from pathlib import Path

from components.base.config import SharedConfig
from components.corpus.artifact import (
    write_decontamination,
    write_documents,
    write_funnel,
    write_quarantine,
    write_skipped,
)
from components.corpus.cleaning import Cleaner
from components.corpus.config import CorpusConfig
from components.corpus.decontamination import collect_forbidden
from components.corpus.facts import Harvester
from components.corpus.flow import harvest_documents
from components.corpus.funnel import summarise
from components.corpus.reading import list_skipped, plan_reads
from components.corpus.selection import select_documents
from components.metrics.data import CorpusMetrics
from components.runtime.launch import ray_session


def run(cfg: CorpusConfig, *, shared: SharedConfig, out: Path) -> CorpusMetrics:
    """Write `out/documents` and beside them all that was dropped, skipped or not looked for; return the funnel."""
    reads = tuple(plan_reads(cfg))
    write_skipped(list_skipped(cfg), out / "skipped.jsonl")
    forbidden = collect_forbidden(cfg.decontamination, shared)
    write_decontamination(forbidden, out / "decontamination.json")

    with ray_session():
        harvest = harvest_documents(Harvester(reads, Cleaner(cfg, forbidden), shared))
        facts = harvest.fetch_facts()
        write_quarantine(facts, out / "quarantine.jsonl", cfg.max_malformed_fraction)
        selection = select_documents(facts, cfg, harvest.pick_texts)
        write_documents(harvest.stream_texts(), selection.verdicts, out, cfg.examples_per_rule)

    return write_funnel(summarise(facts, selection, forbidden), out / "funnel.json")
