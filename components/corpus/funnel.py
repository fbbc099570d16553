"""How many documents and bytes went in, what each rule took, and what came out."""

import json
from collections import Counter
from typing import Any

from components.base.metrics import Metrics
from components.corpus.facts import MALFORMED, Facts
from components.corpus.quality import MEASURES
from components.corpus.selection import Selection, Verdict

Amount = dict[str, int]
RULES = (
    *("empty", *MEASURES, "blocked_phrases", "contaminated"),
    *("exact_duplicate", "near_duplicate", "beyond_share"),
)
"""In the order in which they are applied."""


def summarise(facts: list[Facts], selection: Selection) -> Metrics:
    """The funnel of the whole corpus and of each source, ready for metrics.

    Dropped bytes are those of the raw text; kept bytes are those of the cleaned one.
    """
    verdicts = selection.verdicts
    documents = [f for f in facts if f.dropped_by != MALFORMED]
    sources = sorted({f.source for f in facts})
    kept_bytes = sum(f.bytes_out for f in documents if not verdicts[f.id].dropped_by)
    whole = _count_source(documents, verdicts, kept_bytes)
    return {
        **{name: value for name, value in whole.items() if name != "dropped"},
        "funnel": [{"rule": rule, **amount} for rule, amount in whole["dropped"].items()]
        + [{"rule": "kept", "documents": whole["documents_out"], "bytes": whole["bytes_out"]}],
        "documents_train": sum(v.split == "train" and not v.dropped_by for v in verdicts.values()),
        "documents_validation": sum(v.split == "validation" and not v.dropped_by for v in verdicts.values()),
        "malformed_rows": len(facts) - len(documents),
        "redactions": _count_redactions(documents, verdicts),
        "near_duplicates": selection.near_duplicates,
        "sources": {
            name: _count_source([f for f in documents if f.source == name], verdicts, kept_bytes) for name in sources
        },
    }


def _count_source(documents: list[Facts], verdicts: dict[str, Verdict], corpus_bytes: int) -> dict[str, Any]:
    kept = [f for f in documents if not verdicts[f.id].dropped_by]
    kept_bytes = sum(f.bytes_out for f in kept)
    return {
        "documents_in": len(documents),
        "bytes_in": sum(f.bytes_in for f in documents),
        "dropped": _count_drops(documents, verdicts),
        "documents_out": len(kept),
        "bytes_out": kept_bytes,
        "share_of_bytes": round(kept_bytes / max(1, corpus_bytes), 4),
        "documents_repaired": sum(f.repaired for f in kept),
    }


def _count_drops(documents: list[Facts], verdicts: dict[str, Verdict]) -> dict[str, Amount]:
    counts: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for f in documents:
        rule = verdicts[f.id].dropped_by
        if rule:
            counts[rule] += 1
            sizes[rule] += f.bytes_in
    return {rule: {"documents": counts[rule], "bytes": sizes[rule]} for rule in RULES if counts[rule]}


def _count_redactions(documents: list[Facts], verdicts: dict[str, Verdict]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for f in documents:
        if not verdicts[f.id].dropped_by:
            total.update(json.loads(f.redactions))
    return dict(sorted(total.items()))
