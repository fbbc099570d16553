"""What is said of an artifact: in its manifest what it is, in a record beside it how it came about.

A manifest is part of the artifact, so it holds nothing that a rerun to the same bytes would change: DVC compares the
whole folder, and what stands below must stay fresh. Params, code, inputs, times and machines are the record's.
"""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil

from components.base.errors import ArtifactError
from components.base.files import read_json, write_json
from components.base.hashing import hash_folder

MANIFEST = "manifest.json"
RECORDS = "records"
RECORD = "record.json"
LISTED_DISTRIBUTIONS = (
    "torch", "transformers", "ray", "trl", "peft", "datasets", "tokenizers", "safetensors", "dvc", "pydantic",
)  # fmt: skip


def write_manifest(folder: Path, facts: dict[str, Any]) -> None:
    """Write the manifest with the hash of everything else in the folder."""
    write_json(folder / MANIFEST, {**facts, "content_sha256": hash_folder(folder)})


def find_record(artifact: Path) -> Path:
    """The folder of an artifact's record: `artifacts/records/<stage>`."""
    return artifact.parent / RECORDS / artifact.name


def write_record(folder: Path, facts: dict[str, Any]) -> None:
    """Write how an artifact came about, with what it was made with and on."""
    write_json(
        folder / RECORD,
        {
            **facts,
            "versions": {name: metadata.version(name) for name in LISTED_DISTRIBUTIONS},
            "python": platform.python_version(),
            "hardware": describe_hardware(),
            "finished_at": datetime.now(UTC).isoformat(timespec="seconds"),
        },
    )


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read an artifact's manifest; raises ArtifactError when the artifact is not there."""
    if not folder.is_dir():
        raise ArtifactError(f"{folder}: the artifact is missing; `dvc repro {folder.name}` makes it")
    manifest: dict[str, Any] = read_json(folder / MANIFEST)
    return manifest


def read_record(artifact: Path) -> dict[str, Any]:
    """Read an artifact's record; empty where the artifact came without one."""
    path = find_record(artifact) / RECORD
    record: dict[str, Any] = read_json(path) if path.is_file() else {}
    return record


def verify_artifact(folder: Path) -> str:
    """Hold an artifact's files against its manifest; returns the content hash.

    Raises ArtifactError when a file was truncated, altered, added or removed.
    """
    recorded: str = read_manifest(folder)["content_sha256"]
    if hash_folder(folder) != recorded:
        raise ArtifactError(
            f"{folder}: a file was truncated or altered since the stage wrote it (checksum differs); "
            f"`dvc checkout` or `dvc repro {folder.name}` restores it"
        )
    return recorded


def describe_hardware() -> dict[str, Any]:
    """Processor, cores, memory and accelerators of this machine, without its name."""
    return {
        "cpu": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "gpu": _accelerators(),
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def _accelerators() -> list[str]:
    try:
        listing = subprocess.run(
            ["nvidia-smi", "--query-gpu=name,memory.total", "--format=csv,noheader"],
            capture_output=True, text=True, timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in listing.stdout.splitlines() if line.strip()]
