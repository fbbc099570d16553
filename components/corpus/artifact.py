"""Files of the corpus: documents by split, the quarantine, the funnel, and examples of what was dropped."""

import json
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, get_args

from components.base.data_files import Skipped
from components.base.errors import DataError
from components.base.files import write_json, write_text
from components.corpus.document_stats import MALFORMED, DocumentStats
from components.corpus.selection import Decision, SplitName
from components.metrics.data import CorpusMetrics
from components.tasks.contamination import ContaminationIndex

EXAMPLE_CHARS = 300


def write_skipped(skipped: list[Skipped], path: Path) -> None:
    """What lies among the data and was not read, a line each."""
    rows = [{"path": str(item.path), "reason": item.reason} for item in skipped]
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def write_decontamination(contamination: ContaminationIndex, path: Path) -> None:
    """The evaluation items that no document can be held against, each by name; the user is told of their own."""
    given = [item for item in contamination.unindexed if not item.generated]
    write_json(path, {"items": contamination.items, "unindexed": [item._asdict() for item in contamination.unindexed]})
    if given:
        print(
            f"corpus: {len(given)} of {contamination.items} evaluation items cannot be looked for, first "
            f"{given[0].place}: {given[0].reason}; all stand in {path.name}",
            file=sys.stderr,
        )


def write_quarantine(stats: list[DocumentStats], path: Path, max_fraction: float) -> None:
    """All broken rows with file, line and reason; raises DataError when a source loses too much with them.

    Rows and bytes are held to the same fraction, since one broken line may be as long as all others together.
    """
    bad = [f for f in stats if f.dropped_by == MALFORMED]
    rows = [{"source": f.source, "file": f.file, "line": f.line, "reason": f.detail} for f in bad]
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    for source in sorted({f.source for f in bad}):
        broken = [f for f in bad if f.source == source]
        every = [f for f in stats if f.source == source]
        lost, read = sum(f.bytes_in for f in broken), sum(f.bytes_in for f in every)
        if len(broken) > max_fraction * len(every):
            share = f"{len(broken)} of {len(every)} rows of source {source!r} are malformed"
        elif lost > max_fraction * read:
            share = f"{lost:,} of {read:,} bytes of source {source!r} stand in {len(broken)} malformed rows"
        else:
            continue
        raise DataError(
            f"{broken[0].file}:{broken[0].line}: {broken[0].detail}; {share}, "
            f"more than max_malformed_fraction {max_fraction:g} allows; all are listed in {path}"
        )


def write_documents(
    texts: Iterable[dict[str, str]], decisions: dict[str, Decision], out: Path, examples_per_rule: int
) -> None:
    """`documents/<split>/part-00000.jsonl` with rows of text, source and id; `examples.json` of drops."""
    examples: dict[str, list[dict[str, Any]]] = {}
    with ExitStack() as stack:
        files = {split: stack.enter_context(_open_part(out / "documents" / split)) for split in get_args(SplitName)}
        for row in texts:
            decision = decisions.get(row["id"])
            if decision is None:
                continue  # a broken row, which has no id and stands in the quarantine
            if decision.dropped_by:
                shown = examples.setdefault(decision.dropped_by, [])
                if len(shown) < examples_per_rule:
                    shown.append(_show(row, decision))
            else:
                line = {"text": row["text"], "source": row["source"], "id": row["id"]}
                files[decision.split].write(json.dumps(line, ensure_ascii=False) + "\n")
    write_json(out / "examples.json", examples)


def write_funnel(metrics: CorpusMetrics, path: Path) -> CorpusMetrics:
    """Keep the funnel in the artifact too, and hand it on."""
    write_json(path, metrics.to_json())
    return metrics


def _open_part(folder: Path) -> Any:
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / "part-00000.jsonl").open("w", encoding="utf-8", newline="\n")


def _show(row: dict[str, str], decision: Decision) -> dict[str, Any]:
    return {
        "id": row["id"],
        "source": row["source"],
        "why": decision.detail,
        "text": row["text"][:EXAMPLE_CHARS],
    }
