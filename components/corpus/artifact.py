"""Files of the corpus: documents by split, the quarantine, the funnel, and examples of what was dropped."""

import json
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, get_args

from components.base.errors import DataError
from components.base.files import write_json, write_text
from components.base.metrics import Metrics
from components.corpus.facts import MALFORMED, Facts
from components.corpus.selection import SplitName, Verdict

EXAMPLE_CHARS = 300


def write_quarantine(facts: list[Facts], path: Path, max_fraction: float) -> None:
    """All broken rows with file, line and reason; raises DataError when a source has too many of them."""
    bad = [f for f in facts if f.dropped_by == MALFORMED]
    rows = [{"source": f.source, "file": f.file, "line": f.line, "reason": f.detail} for f in bad]
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    for source in sorted({f.source for f in bad}):
        broken = [f for f in bad if f.source == source]
        total = sum(f.source == source for f in facts)
        if len(broken) > max_fraction * total:
            first = broken[0]
            place = f"{first.file}:{first.line}" if first.line else first.file
            raise DataError(
                f"{place}: {first.detail}; {len(broken)} of {total} rows of source {source!r} are malformed, "
                f"more than max_malformed_fraction {max_fraction:g} allows; all are listed in {path}"
            )


def write_documents(
    texts: Iterable[dict[str, str]], verdicts: dict[str, Verdict], out: Path, examples_per_rule: int
) -> None:
    """`documents/<split>/part-00000.jsonl` with rows of text, source and id; `examples.json` of drops."""
    examples: dict[str, list[dict[str, Any]]] = {}
    with ExitStack() as stack:
        files = {split: stack.enter_context(_open_part(out / "documents" / split)) for split in get_args(SplitName)}
        for row in texts:
            verdict = verdicts.get(row["id"])
            if verdict is None:
                continue  # a broken row, which has no id and stands in the quarantine
            if verdict.dropped_by:
                shown = examples.setdefault(verdict.dropped_by, [])
                if len(shown) < examples_per_rule:
                    shown.append(_show(row, verdict))
            else:
                line = {"text": row["text"], "source": row["source"], "id": row["id"]}
                files[verdict.split].write(json.dumps(line, ensure_ascii=False) + "\n")
    write_json(out / "examples.json", examples)


def write_funnel(metrics: Metrics, path: Path) -> Metrics:
    """Keep the funnel in the artifact too, and hand it on."""
    write_json(path, metrics)
    return metrics


def _open_part(folder: Path) -> Any:
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / "part-00000.jsonl").open("w", encoding="utf-8", newline="\n")


def _show(row: dict[str, str], verdict: Verdict) -> dict[str, Any]:
    return {
        "id": row["id"],
        "source": row["source"],
        "why": verdict.detail,
        "text": row["text"][:EXAMPLE_CHARS],
    }
