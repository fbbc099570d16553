"""Decisions that need all documents at once: duplicates, the mixture of sources, the split."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from components.base.errors import DataError
from components.base.rng import draw_uniform
from components.corpus.banding import choose_bands
from components.corpus.config import CorpusConfig
from components.corpus.curve import measure_curve
from components.corpus.document_stats import MALFORMED, DocumentStats, find_thresholds
from components.corpus.duplicates import Signed, find_twins
from components.corpus.sources import share_bytes
from components.metrics.data import NearDuplicateSearch
from components.text.shingles import Numbers, cut_shingles

SplitName = Literal["train", "validation"]
TextPicker = Callable[[frozenset[str]], Iterable[dict[str, str]]]
"""Rows of id and text for the documents with these ids."""


@dataclass(frozen=True)
class Decision:
    """What becomes of a document: the rule that dropped it and why, or the split that it is in."""

    dropped_by: str = ""
    detail: str = ""
    split: SplitName = "train"


@dataclass(frozen=True)
class Selection:
    """A decision for every document's id, and how near-duplicates were searched for, by source."""

    decisions: dict[str, Decision]
    near_duplicates: dict[str, NearDuplicateSearch]


def select_documents(stats: list[DocumentStats], cfg: CorpusConfig, pick_texts: TextPicker) -> Selection:
    """Judge every document; raises DataError when nothing is left.

    Documents are taken in the order of their ids, which are hashes, so neither the order of reading nor the
    number of workers matters, and a source that is cut to its share keeps a fair sample. `pick_texts` is asked
    for the few documents whose texts must be compared.
    """
    documents = sorted((f for f in stats if f.dropped_by != MALFORMED), key=lambda f: f.id)
    decisions = {f.id: Decision(f.dropped_by, f.detail) for f in documents if f.dropped_by}
    decisions |= find_exact_duplicates([f for f in documents if f.id not in decisions])
    near, searches = find_near_duplicates([f for f in documents if f.id not in decisions], cfg, pick_texts)
    decisions |= near
    decisions |= find_surplus([f for f in documents if f.id not in decisions], cfg)
    kept = [f.id for f in documents if f.id not in decisions]
    if not kept:
        raise DataError(f"corpus: no document is left of {len(documents)} ({_count_drops(decisions.values())})")
    splits = split_ids(kept, cfg.validation_fraction)
    return Selection(decisions | {id_: Decision(split=split) for id_, split in splits.items()}, searches)


def find_exact_duplicates(documents: list[DocumentStats]) -> dict[str, Decision]:
    """All but the first of the documents whose normalised texts are equal."""
    first: dict[str, str] = {}
    owners = [first.setdefault(f.exact_hash, f.id) for f in documents]
    return {
        f.id: Decision("exact_duplicate", f"equals {owner}")
        for f, owner in zip(documents, owners, strict=True)
        if owner != f.id
    }


def find_near_duplicates(
    documents: list[DocumentStats], cfg: CorpusConfig, pick_texts: TextPicker
) -> tuple[dict[str, Decision], dict[str, NearDuplicateSearch]]:
    """Documents of a source that nearly equal one of it that stays, and how each source was searched."""
    decisions: dict[str, Decision] = {}
    searches: dict[str, NearDuplicateSearch] = {}

    def read_shingles(ids: frozenset[str]) -> dict[str, Numbers]:
        return {row["id"]: cut_shingles(row["text"], cfg.minhash.shingle_words) for row in pick_texts(ids)}

    for source, threshold in sorted(find_thresholds(cfg).items()):
        signed = [Signed(f.id, f.bytes_out, f.bands) for f in documents if f.source == source]
        twins = find_twins(signed, threshold, read_shingles)
        for id_, (survivor, likeness) in twins.survivors.items():
            decisions[id_] = Decision("near_duplicate", f"nearly equals {survivor} (Jaccard {likeness:.3f})")
        bands = choose_bands(threshold, cfg.minhash)
        searches[source] = NearDuplicateSearch(
            threshold=threshold,
            bands=bands.count,
            rows=bands.rows,
            compared_pairs=twins.compared,
            dropped=len(twins.survivors),
            curve=measure_curve(bands),
        )
    return decisions, searches


def find_surplus(documents: list[DocumentStats], cfg: CorpusConfig) -> dict[str, Decision]:
    """Documents that no longer fit in the share of bytes of their source; a source's first one always fits."""
    left = share_bytes(cfg)
    begun: set[str] = set()
    found = {}
    for f in documents:
        if f.source in begun and f.bytes_out > left[f.source]:
            found[f.id] = Decision("beyond_share", "its source has filled its share of the mixture")
            continue
        begun.add(f.source)
        left[f.source] -= f.bytes_out
    return found


def split_ids(ids: list[str], validation_fraction: float) -> dict[str, SplitName]:
    """Each document in one split by a hash of its id; of two or more documents, each split gets at least one."""
    ranked = sorted(ids, key=lambda id_: draw_uniform("split", id_))
    drawn = sum(draw_uniform("split", id_) < validation_fraction for id_ in ids)
    size = min(max(drawn, 1), len(ids) - 1) if validation_fraction > 0 else 0
    return {id_: "validation" if rank < size else "train" for rank, id_ in enumerate(ranked)}


def _count_drops(decisions: Iterable[Decision]) -> str:
    counts: dict[str, int] = {}
    for decision in decisions:
        counts[decision.dropped_by] = counts.get(decision.dropped_by, 0) + 1
    return ", ".join(f"{rule} dropped {count}" for rule, count in sorted(counts.items())) or "the sources are empty"
