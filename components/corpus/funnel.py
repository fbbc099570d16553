"""How many documents and bytes went in, what each rule took, and what came out."""

import json
from collections import Counter

from components.corpus.document_stats import MALFORMED, DocumentStats
from components.corpus.quality import MEASURES
from components.corpus.selection import Decision, Selection
from components.metrics.data import CorpusMetrics, Drop, FunnelRow, SourceFigures
from components.tasks.contamination import ContaminationIndex

RULES = (
    *("empty", *MEASURES, "blocked_phrases", "contaminated"),
    *("exact_duplicate", "near_duplicate", "beyond_share"),
)
"""In the order in which they are applied."""


def summarise(stats: list[DocumentStats], selection: Selection, contamination: ContaminationIndex) -> CorpusMetrics:
    """The funnel of the whole corpus and of each source.

    Dropped bytes are those of the raw text; kept bytes are those of the cleaned one.
    """
    decisions = selection.decisions
    documents = [f for f in stats if f.dropped_by != MALFORMED]
    sources = sorted({f.source for f in stats})
    kept_bytes = sum(f.bytes_out for f in documents if not decisions[f.id].dropped_by)
    whole = _count_source(documents, decisions, kept_bytes)
    kept = [v for v in decisions.values() if not v.dropped_by]
    return CorpusMetrics(
        documents_in=whole.documents_in,
        bytes_in=whole.bytes_in,
        documents_out=whole.documents_out,
        bytes_out=whole.bytes_out,
        share_of_bytes=whole.share_of_bytes,
        documents_repaired=whole.documents_repaired,
        funnel=[
            *(FunnelRow(rule=rule, documents=drop.documents, bytes=drop.bytes) for rule, drop in whole.dropped.items()),
            FunnelRow(rule="kept", documents=len(kept), bytes=kept_bytes),
        ],
        documents_train=sum(v.split == "train" for v in kept),
        documents_validation=sum(v.split == "validation" for v in kept),
        malformed_rows=len(stats) - len(documents),
        evaluation_items=contamination.items,
        evaluation_items_unindexed=len(contamination.unindexed),
        redactions=_count_redactions(documents, decisions),
        near_duplicates=selection.near_duplicates,
        sources={
            name: _count_source([f for f in documents if f.source == name], decisions, kept_bytes) for name in sources
        },
    )


def _count_source(documents: list[DocumentStats], decisions: dict[str, Decision], corpus_bytes: int) -> SourceFigures:
    kept = [f for f in documents if not decisions[f.id].dropped_by]
    kept_bytes = sum(f.bytes_out for f in kept)
    return SourceFigures(
        documents_in=len(documents),
        bytes_in=sum(f.bytes_in for f in documents),
        dropped=_count_drops(documents, decisions),
        documents_out=len(kept),
        bytes_out=kept_bytes,
        share_of_bytes=round(kept_bytes / max(1, corpus_bytes), 4),
        documents_repaired=sum(f.repaired for f in kept),
    )


def _count_drops(documents: list[DocumentStats], decisions: dict[str, Decision]) -> dict[str, Drop]:
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for f in documents:
        rule = decisions[f.id].dropped_by
        if rule:
            counts[rule] += 1
            sizes[rule] += f.bytes_in
    return {rule: Drop(documents=counts[rule], bytes=sizes[rule]) for rule in RULES if counts[rule]}


def _count_redactions(documents: list[DocumentStats], decisions: dict[str, Decision]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for f in documents:
        if not decisions[f.id].dropped_by:
            total.update(json.loads(f.redactions))
    return dict(sorted(total.items()))
