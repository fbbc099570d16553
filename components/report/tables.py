"""Tables and bars: corpus, INT8, serving, time."""

from collections.abc import Mapping
from dataclasses import dataclass

from components.metrics.data import CorpusMetrics, TokensMetrics
from components.metrics.deployment import QuantizeMetrics, ServeMetrics
from components.report.formatting import (
    DASH,
    format_bytes,
    format_count,
    format_duration,
    format_gigabytes,
    format_loss,
    format_milliseconds,
    format_number,
    format_percent,
    format_points,
    format_times,
)
from components.report.run_record import RunRecord

PRECISIONS = ("fp32", "bf16", "int8")


@dataclass(frozen=True)
class Bar:
    """A labelled share of a whole, with its value in words."""

    label: str
    share: float
    value: str
    note: str = ""


def list_funnel(corpus: CorpusMetrics) -> list[Bar]:
    """What each rule dropped, the greediest first; what was kept stands elsewhere, on its own scale."""
    drops = [row for row in corpus.funnel if row.rule != "kept"]
    drops.sort(key=lambda row: (row.documents, row.rule), reverse=True)
    largest = max((row.documents for row in drops), default=0) or 1
    return [
        Bar(row.rule.replace("_", " "), row.documents / largest, format_count(row.documents), format_bytes(row.bytes))
        for row in drops
    ]


def list_sources(corpus: CorpusMetrics) -> list[Bar]:
    """The mix: each source's share of the bytes kept."""
    return [
        Bar(name.replace("_", " "), source.share_of_bytes, format_percent(source.share_of_bytes, 0),
            format_bytes(source.bytes_out))
        for name, source in corpus.sources.items()
        if source.share_of_bytes is not None
    ]  # fmt: skip


def list_corpus_facts(corpus: CorpusMetrics, tokens: TokensMetrics) -> list[tuple[str, str]]:
    """What was kept and how it tokenizes, in words."""
    return [
        ("documents read", format_count(corpus.documents_in)),
        ("documents kept", format_count(corpus.documents_out)),
        ("text kept", format_bytes(corpus.bytes_out)),
        ("private details masked", format_count(sum(corpus.redactions.values()) if corpus.redactions else None)),
        ("training tokens", format_count(tokens.train_tokens)),
        ("vocabulary", format_number(tokens.vocab_size)),
        ("bytes a token", format_number(tokens.bytes_per_token)),
    ]


def list_costs(run: RunRecord) -> tuple[list[Bar], list[Bar]]:
    """Seconds and peak memory of each stage that has a record of them."""
    recorded = {name: record.facts for name, record in run.items() if "wall_s" in record.facts}
    seconds = {name: float(facts["wall_s"]) for name, facts in recorded.items()}
    memory = {name: float(facts["peak_memory_gb"]) for name, facts in recorded.items()}
    total = sum(seconds.values()) or 1.0
    return (
        [
            Bar(n, s / max(seconds.values()), format_duration(s), format_percent(s / total, 0))
            for n, s in seconds.items()
        ],
        [Bar(n, m / max(memory.values()), format_gigabytes(m)) for n, m in memory.items()],
    )


def list_quantization(quantize: QuantizeMetrics) -> list[tuple[str, str, str]]:
    """The price of eight bits: what, how much, in words."""
    drop = quantize.exact_match_drop
    return [
        ("Size", format_percent(quantize.size_ratio), "of the fp32 weights on disk"),
        ("Validation loss", _format_rise(quantize.val_loss_rise), "rise over fp32"),
        ("Exact match", format_points(None if drop is None else -drop), "against fp32, same questions"),
        ("Decoding", format_times(quantize.decode_speedup_fp32), "the speed of fp32"),
        ("Decoding", format_times(quantize.decode_speedup_bf16), "the speed of bf16"),
    ]


def compare_precisions(quantize: QuantizeMetrics) -> list[tuple[str, list[str]]]:
    """Quality and speed in fp32, bf16 and INT8; quality is held between the first and the last."""

    def list_rates(rates: Mapping[str, float]) -> list[str]:
        return [format_number(rates.get(precision)) for precision in PRECISIONS]

    losses = format_loss(quantize.val_loss_before), DASH, format_loss(quantize.val_loss_after)
    matches = format_percent(quantize.exact_match_before), DASH, format_percent(quantize.exact_match_after)
    return [
        ("Validation loss", [*losses]),
        ("Exact match", [*matches]),
        ("Decoding, tokens/s", list_rates(quantize.decode_tokens_per_s)),
        ("Prefill, tokens/s", list_rates(quantize.prefill_tokens_per_s)),
    ]


@dataclass(frozen=True)
class LoadRow:
    """One level of load, in numbers for the plot and in words for the table."""

    clients: int
    p50_ms: float | None
    p95_ms: float | None
    p50: str
    first: str
    p95: str
    requests: str
    tokens: str
    failed: str


def list_loads(serve: ServeMetrics) -> list[LoadRow]:
    """One row per number of clients, the smallest first."""
    rows = sorted(((int(clients), load) for clients, load in serve.load.items()), key=lambda row: row[0])
    return [
        LoadRow(
            clients,
            load.p50_ms,
            load.p95_ms,
            p50=format_milliseconds(load.p50_ms),
            first=format_milliseconds(load.first_token_p50_ms),
            p95=format_milliseconds(load.p95_ms),
            requests=format_number(load.requests_per_s),
            tokens=format_number(load.tokens_per_s),
            failed=format_number(load.requests_failed),
        )
        for clients, load in rows
    ]


def _format_rise(value: float | None) -> str:
    return DASH if value is None else f"{'−' if value < 0 else '+'}{abs(value) * 100:.2f}\u202f%"
