"""Decisions over all documents: duplicates, mixture, split, and the funnel that counts them."""

from typing import Any

import pytest

from components.base.errors import DataError, ParamsError
from components.corpus.banding import choose_bands, sign
from components.corpus.config import CorpusConfig, MinHashConfig
from components.corpus.document_stats import DocumentStats
from components.corpus.duplicates import hash_exact
from components.corpus.funnel import summarise
from components.corpus.quality import MEASURES
from components.corpus.selection import Decision, Selection, split_ids
from components.corpus.selection import select_documents as select
from components.corpus.sources import share_bytes
from components.tasks.contamination import ContaminationIndex
from components.text.shingles import cut_shingles

pytestmark = pytest.mark.slow

MINHASH = MinHashConfig(permutations=128, shingle_words=3)
STORY = "the old king walked down to the river and looked for a boat that could carry him to the other side of it "


def make_config(total_mb: float = 1.0, **weights: float) -> CorpusConfig:
    rules: dict[str, Any] = dict.fromkeys(MEASURES) | {"blocked_phrases": []}
    common = {"kind": "task", "task": "word_problems", "cot_rate": 0.5, "near_duplicate_threshold": 0.7}
    return CorpusConfig.model_validate(
        {
            "kind": "mixture",
            "total_mb": total_mb,
            "oversample": 1.0,
            "sources": [{**common, "name": n, "weight": w} for n, w in (weights or {"a": 1.0}).items()],
            "unicode": {"normalization": "NFC", "unescape_html": False},
            "quality": {"prose": rules, "code": rules},
            "redact": [],
            "minhash": MINHASH.model_dump(),
            "validation_fraction": 0.1,
            "max_malformed_fraction": 0.0,
            "examples_per_rule": 1,
        }
    )


TEXTS: dict[str, str] = {}


def make_stats(id_: str, text: str, source: str = "a", dropped_by: str = "") -> DocumentStats:
    TEXTS[id_] = text
    size = len(text.encode())
    bands = sign(cut_shingles(text, MINHASH.shingle_words), choose_bands(0.7, MINHASH)).tobytes()
    return DocumentStats(id_, source, dropped_by, "", size, size, False, '{"email": 1}', hash_exact(text), bands, "", 0)


def select_all(stats: list[DocumentStats], cfg: CorpusConfig) -> Selection:
    return select(stats, cfg, lambda ids: [{"id": id_, "text": TEXTS[id_]} for id_ in ids])


def select_documents(stats: list[DocumentStats], cfg: CorpusConfig) -> dict[str, Decision]:
    return select_all(stats, cfg).decisions


def test_of_equal_texts_the_first_id_stays() -> None:
    stats = [make_stats("2", "One  text"), make_stats("1", "one text"), make_stats("3", "quite another one")]
    decisions = select_documents(stats, make_config())
    assert {id_: v.dropped_by for id_, v in decisions.items()} == {"1": "", "2": "exact_duplicate", "3": ""}


def test_near_duplicates_go_and_cousins_stay() -> None:
    stats = [make_stats("1", STORY + "today"), make_stats("2", STORY + "now"), make_stats("3", "the king was old")]
    decisions = select_documents(stats, make_config())
    assert [decisions[id_].dropped_by for id_ in "123"] == ["", "near_duplicate", ""]


def test_near_duplicates_of_another_source_stay() -> None:
    stats = [make_stats("1", STORY + "today", "a"), make_stats("2", STORY + "now", "b")]
    decisions = select_documents(stats, make_config(a=1.0, b=1.0))
    assert not any(v.dropped_by for v in decisions.values())


def test_a_source_is_cut_to_its_share_of_the_bytes() -> None:
    cfg = make_config(total_mb=0.01, a=3.0, b=1.0)
    assert share_bytes(cfg) == {"a": 7500.0, "b": 2500.0}
    stats = [make_stats(f"{s}{i:03}", f"{s} {i} " + "x" * 93, s) for s in "ab" for i in range(100)]
    decisions = select_documents(stats, cfg)
    kept = [id_ for id_, v in decisions.items() if not v.dropped_by]
    assert sum(id_[0] == "a" for id_ in kept) == pytest.approx(75, abs=2)
    assert sum(id_[0] == "b" for id_ in kept) == pytest.approx(25, abs=2)


def test_a_single_document_larger_than_its_share_is_kept() -> None:
    decisions = select_documents([make_stats("1", "x" * 500)], make_config(total_mb=0.0001))
    assert not decisions["1"].dropped_by


def test_two_sources_of_one_name_are_refused() -> None:
    cfg = make_config(a=1.0)
    with pytest.raises(ParamsError, match="name of its own"):
        share_bytes(cfg.model_copy(update={"sources": cfg.sources * 2}))


def test_the_order_of_reading_changes_nothing() -> None:
    stats = [make_stats(f"{i:03}", f"{STORY} {i // 2}") for i in range(20)]
    assert select_documents(stats, make_config()) == select_documents(stats[::-1], make_config())


def test_the_split_follows_the_id_and_never_leaves_a_split_empty() -> None:
    ids = [f"{i:05}" for i in range(2000)]
    split = split_ids(ids, 0.1)
    assert list(split.values()).count("validation") == pytest.approx(200, abs=45)
    fewer = split_ids(ids[:1500], 0.1)
    assert all(fewer[id_] == split[id_] for id_ in fewer)
    assert sorted(split_ids(["1", "2"], 0.0001).values()) == ["train", "validation"]
    assert set(split_ids(ids, 0.0).values()) == {"train"}


def test_nothing_left_is_refused_with_the_counts() -> None:
    stats = [make_stats("1", "x", dropped_by="min_words"), make_stats("2", "y", dropped_by="min_words")]
    with pytest.raises(DataError, match=r"no document is left of 2 \(min_words dropped 2\)"):
        select_documents(stats, make_config())


def test_the_funnel_adds_up() -> None:
    stats = [
        make_stats("1", "some text of its own"),
        make_stats("2", "some text  of its own"),
        make_stats("3", "x", dropped_by="min_words"),
        make_stats("4", "another text altogether"),
        DocumentStats("", "a", "malformed", "not JSON", 0, 0, False, "{}", "", b"", "f", 3),
    ]
    metrics = summarise(stats, select_all(stats, make_config()), ContaminationIndex(0, {}, {}, ()))
    assert [(row.rule, row.documents) for row in metrics.funnel] == [
        ("min_words", 1),
        ("exact_duplicate", 1),
        ("kept", 2),
    ]
    assert metrics.documents_in == 4 == sum(row.documents for row in metrics.funnel)
    assert metrics.bytes_in == sum(row.bytes for row in metrics.funnel)
    assert metrics.malformed_rows == 1
    assert metrics.redactions == {"email": 2}
    assert metrics.documents_out == 2
    assert (metrics.documents_train or 0) + (metrics.documents_validation or 0) == 2
