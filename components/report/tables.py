"""Tables and bars: corpus, INT8, serving, time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from components.report.story import Story, look_up, number_at
from components.report.wording import (
    DASH,
    say_bytes,
    say_count,
    say_duration,
    say_gigabytes,
    say_loss,
    say_milliseconds,
    say_number,
    say_percent,
    say_points,
    say_times,
)

PRECISIONS = ("fp32", "bf16", "int8")


@dataclass(frozen=True)
class Bar:
    """A labelled share of a whole, with its value in words."""

    label: str
    share: float
    value: str
    note: str = ""


def list_funnel(figures: Mapping[str, Any]) -> list[Bar]:
    """What each rule dropped, the greediest first; what was kept stands elsewhere, on its own scale."""
    drops = [drop for drop in look_up(figures, "corpus.funnel") or [] if drop["rule"] != "kept"]
    rows = sorted(((float(d["documents"]), str(d["rule"]), float(d["bytes"])) for d in drops), reverse=True)
    largest = max((documents for documents, _, _ in rows), default=0.0) or 1.0
    return [
        Bar(rule.replace("_", " "), documents / largest, say_count(documents), say_bytes(size))
        for documents, rule, size in rows
    ]


def list_sources(figures: Mapping[str, Any]) -> list[Bar]:
    """The mix: each source's share of the bytes kept."""
    sources = look_up(figures, "corpus.sources") or {}
    return [
        Bar(name.replace("_", " "), share, say_percent(share, 0), say_bytes(number_at(source, "bytes_out")))
        for name, source in sources.items()
        if (share := number_at(source, "share_of_bytes")) is not None
    ]


def list_corpus_facts(figures: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What was kept and how it tokenizes, in words."""
    redactions = look_up(figures, "corpus.redactions") or {}
    facts = (("documents read", "corpus.documents_in"), ("documents kept", "corpus.documents_out"))
    return [
        *((name, say_count(number_at(figures, path))) for name, path in facts),
        ("text kept", say_bytes(number_at(figures, "corpus.bytes_out"))),
        ("private details masked", say_count(sum(redactions.values()) if redactions else None)),
        ("training tokens", say_count(number_at(figures, "tokens.train_tokens"))),
        ("vocabulary", say_number(number_at(figures, "tokens.vocab_size"))),
        ("bytes a token", say_number(number_at(figures, "tokens.bytes_per_token"))),
    ]


def list_costs(story: Story) -> tuple[list[Bar], list[Bar]]:
    """Seconds and peak memory of each stage."""
    seconds = {name: float(record.manifest["wall_s"]) for name, record in story.items()}
    memory = {name: float(record.manifest["peak_memory_gb"]) for name, record in story.items()}
    total = sum(seconds.values()) or 1.0
    return (
        [Bar(n, s / max(seconds.values()), say_duration(s), say_percent(s / total, 0)) for n, s in seconds.items()],
        [Bar(n, m / max(memory.values()), say_gigabytes(m)) for n, m in memory.items()],
    )


def list_quantization(figures: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The price of eight bits: what, how much, in words."""

    def at(key: str) -> float | None:
        return number_at(figures, f"quantize.{key}")

    return [
        ("Size", say_percent(at("size_ratio")), "of the fp32 weights on disk"),
        ("Validation loss", _say_rise(at("val_loss_rise")), "rise over fp32"),
        ("Exact match", say_points(_negate(at("exact_match_drop"))), "against fp32, same problems"),
        ("Decoding", say_times(at("decode_speedup_fp32")), "the speed of fp32"),
        ("Decoding", say_times(at("decode_speedup_bf16")), "the speed of bf16"),
    ]


def compare_precisions(figures: Mapping[str, Any]) -> list[tuple[str, list[str]]]:
    """Quality and speed in fp32, bf16 and INT8; quality is held between the first and the last."""

    def quality(name: str, say: Callable[[float | None], str]) -> list[str]:
        before, after = (number_at(figures, f"quantize.{name}_{when}") for when in ("before", "after"))
        return [say(before), DASH, say(after)]

    def speed(name: str) -> list[str]:
        return [say_number(number_at(figures, f"quantize.{name}_tokens_per_s.{kind}")) for kind in PRECISIONS]

    return [
        ("Validation loss", quality("val_loss", say_loss)),
        ("Exact match", quality("exact_match", say_percent)),
        ("Decoding, tokens/s", speed("decode")),
        ("Prefill, tokens/s", speed("prefill")),
    ]


def list_loads(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row per concurrency, the smallest first."""
    load = look_up(figures, "serve.load") or {}
    keyed = [(row["clients"], row) for row in load] if isinstance(load, list) else list(load.items())
    rows = [{**row, "clients": int(clients)} for clients, row in keyed]
    return [
        {
            **row,
            "p50": say_milliseconds(number_at(row, "p50_ms")),
            "first": say_milliseconds(number_at(row, "first_token_p50_ms")),
            "p95": say_milliseconds(number_at(row, "p95_ms")),
            "requests": say_number(number_at(row, "requests_per_s")),
            "tokens": say_number(number_at(row, "tokens_per_s")),
            "failed": say_number(number_at(row, "requests_failed")),
        }
        for row in sorted(rows, key=lambda row: row["clients"])
    ]


def _say_rise(value: float | None) -> str:
    return DASH if value is None else f"{'−' if value < 0 else '+'}{abs(value) * 100:.2f}\u202f%"


def _negate(value: float | None) -> float | None:
    return None if value is None else -value
