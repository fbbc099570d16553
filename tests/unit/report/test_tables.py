"""Tables and bars hold what the figures say, largest first, and nothing where there is nothing."""

from components.metrics.data import CorpusMetrics, FunnelRow, SourceFigures, TokensMetrics
from components.metrics.deployment import LoadFigures, QuantizeMetrics, ServeMetrics
from components.report.duplicates import draw_duplicates
from components.report.run_record import StageRecord
from components.report.tables import (
    compare_precisions,
    list_corpus_facts,
    list_costs,
    list_funnel,
    list_loads,
    list_quantization,
    list_sources,
)
from tests.stages.made_up_run import make_corpus


def test_the_greediest_rule_stands_first_and_what_was_kept_is_no_drop() -> None:
    rows = [("min_words", 5, 50), ("near_duplicate", 20, 900), ("kept", 1000, 9999)]
    bars = list_funnel(CorpusMetrics(funnel=[FunnelRow(rule=r, documents=d, bytes=b) for r, d, b in rows]))
    assert [(bar.label, bar.share, bar.value) for bar in bars] == [
        ("near duplicate", 1.0, "20"),
        ("min words", 0.25, "5"),
    ]


def test_sources_are_shown_by_their_share() -> None:
    sources = {"my_texts": SourceFigures(share_of_bytes=0.25, bytes_out=1000), "unknown": SourceFigures()}
    assert [(bar.label, bar.share) for bar in list_sources(CorpusMetrics(sources=sources))] == [("my texts", 0.25)]


def test_private_details_of_all_kinds_are_counted_together() -> None:
    facts = dict(list_corpus_facts(CorpusMetrics(redactions={"ip": 5, "email": 2}), TokensMetrics()))
    assert facts["private details masked"] == "7"
    assert facts["training tokens"] == "—"


def test_costs_are_shares_of_the_longest_and_of_the_whole() -> None:
    run = {n: StageRecord(n, {"wall_s": s, "peak_memory_gb": 1.0}, []) for n, s in (("a", 30.0), ("b", 10.0))}
    seconds, memory = list_costs(run)
    assert [round(bar.share, 2) for bar in seconds] == [1.0, 0.33]
    assert [bar.note.replace("\u202f", " ") for bar in seconds] == ["75 %", "25 %"]
    assert [bar.share for bar in memory] == [1.0, 1.0]


def test_a_drop_of_exact_match_is_shown_as_a_loss() -> None:
    rows = list_quantization(QuantizeMetrics(exact_match_drop=0.02, val_loss_rise=0.001))
    assert [value.replace("\u202f", " ") for name, value, _ in rows if name == "Exact match"] == ["−2.0 pts"]
    assert [value.replace("\u202f", " ") for name, value, _ in rows if name == "Validation loss"] == ["+0.10 %"]


def test_quality_is_not_measured_in_bfloat16_and_speed_is() -> None:
    rows = dict(compare_precisions(QuantizeMetrics(val_loss_before=1.0, val_loss_after=1.1,
                                                   decode_tokens_per_s={"fp32": 10.0, "bf16": 20.0})))  # fmt: skip
    assert rows["Validation loss"] == ["1.0000", "—", "1.1000"]
    assert rows["Decoding, tokens/s"] == ["10", "20", "—"]


def test_loads_stand_in_the_order_of_their_clients() -> None:
    load = {c: LoadFigures(requests_ok=1, requests_failed=0, p50_ms=float(c)) for c in ("32", "8", "1")}
    assert [row.clients for row in list_loads(ServeMetrics(load=load))] == [1, 8, 32]


def test_sources_that_were_searched_alike_share_a_curve() -> None:
    corpus = make_corpus()
    search = corpus.near_duplicates["stdlib"]
    both = corpus.model_copy(update={"near_duplicates": {"stdlib": search, "my_texts": search}})
    (panel,) = draw_duplicates(both)
    assert panel.title == "Near-duplicates found: stdlib, my texts"
    assert draw_duplicates(CorpusMetrics()) == []
