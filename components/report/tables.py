"""Tables and bars: evaluation, INT8, serving, time, lineage."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from components.report.plots import Interval
from components.report.story import Story, look_up, number_at
from components.report.wording import (
    DASH,
    say_bytes,
    say_count,
    say_duration,
    say_gigabytes,
    say_milliseconds,
    say_number,
    say_percent,
    say_points,
    say_times,
)  # fmt: skip

SHORT_HASH = 10


@dataclass(frozen=True)
class Bar:
    """A labelled share of a whole, with its value in words."""

    label: str
    share: float
    value: str
    note: str = ""


@dataclass(frozen=True)
class Score:
    """One cell of the evaluation table."""

    value: float
    low: float
    high: float
    n: int

    @property
    def percent(self) -> str:
        """63.4 %."""
        return say_percent(self.value)

    @property
    def interval(self) -> str:
        """59.1–67.5."""
        return f"{self.low * 100:.1f}–{self.high * 100:.1f}"


def name_method(method: str) -> str:
    """few_shot_cot is Few-shot CoT."""
    words = method.replace("_", "-").replace("-cot", " CoT")
    return words[:1].upper() + words[1:]


def read_scores(figures: Mapping[str, Any]) -> dict[str, dict[str, Score]]:
    """model → method → score, of the cells that hold all four numbers."""
    table = look_up(figures, "evaluate.table") or {}
    return {
        model: {method: score for method, cell in row.items() if (score := _read_score(cell))}
        for model, row in table.items()
    }


def _read_score(cell: Mapping[str, Any]) -> Score | None:
    values = [number_at(cell, key) for key in ("exact_match", "low", "high")]
    if any(value is None for value in values):
        return None
    value, low, high = (float(v) for v in values if v is not None)
    return Score(value, low, high, int(number_at(cell, "n") or 0))


def list_methods(scores: Mapping[str, Mapping[str, Score]]) -> list[str]:
    """All methods, in the order in which they first appear."""
    return list(dict.fromkeys(method for row in scores.values() for method in row))


def make_intervals(row: Mapping[str, Score]) -> list[Interval]:
    """One model's methods, the best one stressed."""
    best = max((score.value for score in row.values()), default=None)
    return [Interval(name_method(m), s.value, s.low, s.high, s.value == best) for m, s in row.items()]


def list_funnel(figures: Mapping[str, Any]) -> list[Bar]:
    """What each rule dropped, and what was kept, as bars on one scale."""
    drops = look_up(figures, "corpus.funnel") or []
    rows = [(str(d["rule"]), float(d["documents"]), float(d["bytes"])) for d in drops]
    largest = max((documents for _, documents, _ in rows), default=0.0) or 1.0
    return [
        Bar(rule.replace("_", " "), documents / largest, say_count(documents), say_bytes(size))
        for rule, documents, size in rows
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


def list_loads(figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One row per concurrency, the smallest first."""
    load = look_up(figures, "serve.load") or {}
    rows = [{**row, "clients": int(key)} for key, row in load.items()]
    return [
        {
            **row,
            "p50": say_milliseconds(number_at(row, "p50_ms")),
            "p95": say_milliseconds(number_at(row, "p95_ms")),
            "requests": say_number(number_at(row, "requests_per_s")),
            "tokens": say_number(number_at(row, "tokens_per_s")),
            "failed": say_number(number_at(row, "requests_failed")),
        }
        for row in sorted(rows, key=lambda row: row["clients"])
    ]


def list_lineage(story: Story) -> list[dict[str, Any]]:
    """One row per stage: what it read, the code and params it ran with, when."""
    return [
        {
            "stage": name,
            "content": _hash_words(record.manifest.get("content_sha256")),
            "code": _hash_words(record.manifest.get("code")),
            "inputs": ", ".join(record.manifest.get("inputs") or {}) or "raw sources",
            "seed": say_number(number_at(record.manifest, "seed")),
            "started": str(record.manifest.get("started_at") or DASH).replace("T", " ")[:16],
            "wall": say_duration(float(record.manifest["wall_s"])),
            "params": json.dumps(record.manifest.get("params") or {}, indent=2, ensure_ascii=False),
        }
        for name, record in story.items()
    ]


def list_versions(story: Story) -> list[tuple[str, str]]:
    """Every distribution and its version; stages that ran with different ones show all of them."""
    found: dict[str, set[str]] = {}
    for record in story.values():
        listed = {**(record.manifest.get("versions") or {}), "python": record.manifest.get("python")}
        for name, version in listed.items():
            if version:
                found.setdefault(name, set()).add(str(version))
    return [(name, " and ".join(sorted(versions))) for name, versions in sorted(found.items())]


def list_hardware(story: Story) -> list[str]:
    """Each machine that a stage ran on, in words, once."""
    machines = (record.manifest.get("hardware") or {} for record in story.values())
    return list(dict.fromkeys(_say_machine(machine) for machine in machines))


def say_scale(story: Story) -> str:
    """How large the first stage's machine is: 2 CPU cores and no GPU."""
    machine = next(iter(story.values())).manifest.get("hardware") or {}
    return f"{say_number(number_at(machine, 'cores'))} CPU cores and {_say_accelerators(machine)}"


def _say_accelerators(machine: Mapping[str, Any]) -> str:
    gpu = machine.get("gpu")
    accelerators: Iterable[str] = [gpu] if isinstance(gpu, str) else gpu or []
    return ", ".join(accelerators) or "no GPU"


def _say_machine(machine: Mapping[str, Any]) -> str:
    parts = [
        str(machine.get("cpu") or DASH),
        f"{say_number(number_at(machine, 'cores'))} cores",
        f"{say_number(number_at(machine, 'memory_gb'))} GB memory",
        _say_accelerators(machine),
    ]
    return " · ".join(parts)


def _hash_words(digest: Any) -> dict[str, str]:
    text = str(digest or DASH)
    return {"full": text, "short": text[:SHORT_HASH]}


def _say_rise(value: float | None) -> str:
    return DASH if value is None else f"{'−' if value < 0 else '+'}{abs(value) * 100:.2f}\u202f%"


def _negate(value: float | None) -> float | None:
    return None if value is None else -value
