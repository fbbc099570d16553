"""Stage `code`: one fingerprint per stage, so that DVC sees an edited helper and no edited comment."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.base.files import fresh_folder, write_json
from components.base.fingerprint import SourceTree, find_targets, fingerprint
from components.base.named_files import FileHashes, hash_named_files
from pipelines.params import read_params

ROOT = Path()
OUT = Path("artifacts/code")
HASH_STORE = Path(".runs/file_hashes.json")


def run() -> None:
    """Write artifacts/code/<stage>.json for every stage."""
    params = read_params().model_dump(mode="json")
    hashes = FileHashes(HASH_STORE)
    fingerprints = fingerprint_stages(ROOT, params, hashes)
    hashes.save()
    with fresh_folder(OUT) as out:
        for stage, facts in fingerprints.items():
            write_json(out / f"{stage}.json", facts)


def fingerprint_stages(root: Path, params: Mapping[str, Any], hashes: FileHashes) -> dict[str, dict[str, Any]]:
    """Code, libraries and named files behind each section of the params."""
    tree = SourceTree(root)
    return {
        stage: fingerprint(tree, _find_entries(stage, section))
        | {"named_files": hash_named_files(section, root, hashes)}
        for stage, section in params.items()
        if stage != "shared"
    }


def _find_entries(stage: str, section: Mapping[str, Any]) -> list[str]:
    """The stage's own module, or nothing but the user's where the whole stage is external."""
    own = [] if section.get("kind") == "external" else [f"pipelines.{stage}"]
    return own + find_targets(section)
