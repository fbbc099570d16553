"""Where a run came from: hashes, params, versions, hardware."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from components.report.story import Story, number_at
from components.report.wording import DASH, say_duration, say_number

SHORT_HASH = 10


def list_lineage(story: Story) -> list[dict[str, Any]]:
    """One row per stage: what it read, the code it ran, when."""
    return [
        {
            "stage": name,
            "content": _hash_words(record.manifest.get("content_sha256")),
            "code": _hash_words(record.manifest.get("code")),
            "inputs": ", ".join(record.manifest.get("inputs") or {}) or "raw sources",
            "seed": say_number(number_at(record.manifest, "seed")),
            "started": str(record.manifest.get("started_at") or DASH).replace("T", " ")[:16],
            "wall": say_duration(float(record.manifest["wall_s"])),
        }
        for name, record in story.items()
    ]


def list_params(story: Story) -> list[tuple[str, str]]:
    """The section of params.yaml that each stage ran with, and the one that all share."""
    shared = next(iter(story.values())).manifest.get("shared") or {}
    sections = [(name, record.manifest.get("params") or {}) for name, record in story.items()]
    return [
        (name, json.dumps(params, indent=2, ensure_ascii=False)) for name, params in [("shared", shared), *sections]
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
