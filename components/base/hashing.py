"""SHA-256 of files, folders and plain data, the same on every machine."""

import hashlib
import json
from pathlib import Path
from typing import Any

BLOCK_BYTES = 1 << 20


def hash_file(path: Path) -> str:
    """Hex SHA-256 of one file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def hash_data(value: Any) -> str:
    """Hex SHA-256 of JSON-ready data; the order of keys does not matter."""
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def hash_folder(path: Path, *, skip: frozenset[str] = frozenset({"manifest.json"})) -> str:
    """Hex SHA-256 over relative names and contents of every file, without the manifest."""
    files = sorted(p for p in path.rglob("*") if p.is_file() and p.name not in skip)
    return hash_data([[p.relative_to(path).as_posix(), hash_file(p)] for p in files])
