"""Where a run came from: hashes, params, versions, hardware."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from components.report.formatting import DASH, format_duration, format_number
from components.report.run_record import RunRecord, number_at

SHORT_HASH = 10
NOT_RECORDED = "not recorded"


def list_lineage(run: RunRecord) -> list[dict[str, Any]]:
    """One row per stage: what it read, the code it ran, when."""
    return [
        {
            "stage": name,
            "content": _hash_words(record.facts.get("content_sha256")),
            "code": _hash_words(record.facts.get("code")),
            "inputs": ", ".join(record.facts.get("inputs") or {}) or "raw sources",
            "seed": format_number(number_at(record.facts, "seed")),
            "started": str(record.facts.get("started_at") or NOT_RECORDED).replace("T", " ")[:16],
            "wall": format_duration(number_at(record.facts, "wall_s")),
        }
        for name, record in run.items()
    ]


def list_params(run: RunRecord) -> list[tuple[str, str]]:
    """The section of params.yaml that each stage ran with, and the one that all share."""
    shared = next(iter(run.values())).facts.get("shared") or {}
    sections = [(name, record.facts.get("params") or {}) for name, record in run.items()]
    return [
        (name, json.dumps(params, indent=2, ensure_ascii=False)) for name, params in [("shared", shared), *sections]
    ]


def list_versions(run: RunRecord) -> list[tuple[str, str]]:
    """Every distribution and its version; stages that ran with different ones show all of them."""
    found: dict[str, set[str]] = {}
    for record in run.values():
        listed = {**(record.facts.get("versions") or {}), "python": record.facts.get("python")}
        for name, version in listed.items():
            if version:
                found.setdefault(name, set()).add(str(version))
    return [(name, " and ".join(sorted(versions))) for name, versions in sorted(found.items())]


def list_hardware(run: RunRecord) -> list[str]:
    """Each machine that a stage ran on, in words, once."""
    machines = [record.facts["hardware"] for record in run.values() if record.facts.get("hardware")]
    return list(dict.fromkeys(_format_machine(machine) for machine in machines)) or [NOT_RECORDED]


def format_scale(run: RunRecord) -> str:
    """How large the first stage's machine is: 2 CPU cores and no GPU."""
    machine = next(iter(run.values())).facts.get("hardware") or {}
    return f"{format_number(number_at(machine, 'cores'))} CPU cores and {_format_accelerators(machine)}"


def _format_accelerators(machine: Mapping[str, Any]) -> str:
    gpu = machine.get("gpu")
    accelerators: Iterable[str] = [gpu] if isinstance(gpu, str) else gpu or []
    return ", ".join(accelerators) or "no GPU"


def _format_machine(machine: Mapping[str, Any]) -> str:
    parts = [
        str(machine.get("cpu") or DASH),
        f"{format_number(number_at(machine, 'cores'))} cores",
        f"{format_number(number_at(machine, 'memory_gb'))} GB memory",
        _format_accelerators(machine),
    ]
    return " · ".join(parts)


def _hash_words(digest: Any) -> dict[str, str]:
    text = str(digest or DASH)
    return {"full": text, "short": text[:SHORT_HASH]}
