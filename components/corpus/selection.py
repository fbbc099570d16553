"""Decisions that need all documents at once: duplicates, the mixture of sources, the split."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from components.base.errors import DataError
from components.corpus.config import CorpusConfig
from components.corpus.documents import draw_uniform
from components.corpus.duplicates import NearDuplicates
from components.corpus.facts import MALFORMED, Facts, find_threshold
from components.corpus.reading import share_bytes

SplitName = Literal["train", "validation"]


@dataclass(frozen=True)
class Verdict:
    """What becomes of a document: the rule that dropped it and why, or the split that it is in."""

    dropped_by: str = ""
    detail: str = ""
    split: SplitName = "train"


def select_documents(facts: list[Facts], cfg: CorpusConfig) -> dict[str, Verdict]:
    """A verdict for every document's id; raises DataError when nothing is left.

    Documents are taken in the order of their ids, which are hashes, so neither the order of reading nor the
    number of workers matters, and a source that is cut to its share keeps a fair sample.
    """
    documents = sorted((f for f in facts if f.dropped_by != MALFORMED), key=lambda f: f.id)
    verdicts = {f.id: Verdict(f.dropped_by, f.detail) for f in documents if f.dropped_by}
    for step in (find_exact_duplicates, find_near_duplicates, find_surplus):
        verdicts |= step([f for f in documents if f.id not in verdicts], cfg)
    kept = [f.id for f in documents if f.id not in verdicts]
    if not kept:
        raise DataError(f"corpus: no document is left of {len(documents)} ({_count_drops(verdicts.values())})")
    return verdicts | {id_: Verdict(split=split) for id_, split in split_ids(kept, cfg.validation_fraction).items()}


def find_exact_duplicates(documents: list[Facts], _: CorpusConfig) -> dict[str, Verdict]:
    """All but the first of the documents whose normalised texts are equal."""
    first: dict[str, str] = {}
    owners = [first.setdefault(f.exact_hash, f.id) for f in documents]
    return {
        f.id: Verdict("exact_duplicate", f"equals {owner}")
        for f, owner in zip(documents, owners, strict=True)
        if owner != f.id
    }


def find_near_duplicates(documents: list[Facts], cfg: CorpusConfig) -> dict[str, Verdict]:
    """Documents of a source that are as alike as its threshold to one that was kept before."""
    indices: dict[str, NearDuplicates] = {}
    found: dict[str, Verdict] = {}
    for f in documents:
        threshold = find_threshold(cfg, f.source)
        if threshold is None:
            continue
        index = indices.setdefault(f.source, NearDuplicates(threshold, cfg.minhash.permutations))
        signature = np.frombuffer(f.signature, dtype=np.uint32)
        twin = index.find(signature)
        if twin is None:
            index.add(f.id, signature)
        else:
            found[f.id] = Verdict("near_duplicate", f"nearly equals {twin}")
    return found


def find_surplus(documents: list[Facts], cfg: CorpusConfig) -> dict[str, Verdict]:
    """Documents that no longer fit in the share of bytes of their source; a source's first one always fits."""
    left = share_bytes(cfg)
    begun: set[str] = set()
    found = {}
    for f in documents:
        if f.source in begun and f.bytes_out > left[f.source]:
            found[f.id] = Verdict("beyond_share", "its source has filled its share of the mixture")
            continue
        begun.add(f.source)
        left[f.source] -= f.bytes_out
    return found


def split_ids(ids: list[str], validation_fraction: float) -> dict[str, SplitName]:
    """Each document in one split by a hash of its id; of two or more documents, each split gets at least one."""
    ranked = sorted(ids, key=lambda id_: draw_uniform(id_, "split"))
    drawn = sum(draw_uniform(id_, "split") < validation_fraction for id_ in ids)
    size = min(max(drawn, 1), len(ids) - 1) if validation_fraction > 0 else 0
    return {id_: "validation" if rank < size else "train" for rank, id_ in enumerate(ranked)}


def _count_drops(verdicts: Iterable[Verdict]) -> str:
    counts: dict[str, int] = {}
    for verdict in verdicts:
        counts[verdict.dropped_by] = counts.get(verdict.dropped_by, 0) + 1
    return ", ".join(f"{rule} dropped {count}" for rule, count in sorted(counts.items())) or "the sources are empty"
