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
_Tasks = tuple[list[str], dict[str, str]]
"""Modules and hashed files of the run's tasks."""
TASKS = "components.tasks.run_tasks"
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
    shared = params.get("shared", {})
    tasks = find_targets(shared), hash_named_files(shared, root, hashes)
    return {
        stage: _fingerprint_stage(tree, stage, section, tasks, hashes)
        for stage, section in params.items()
        if stage != "shared"
    }


def _fingerprint_stage(
    tree: SourceTree,
    stage: str,
    section: Mapping[str, Any],
    tasks: _Tasks,
    hashes: FileHashes,
) -> dict[str, Any]:
    """With the modules and the files of the run's tasks, where the stage opens any."""
    # The stage's own module, or nothing but the user's where the whole stage is external.
    own = [] if section.get("kind") == "external" else [f"pipelines.{stage}"]
    entries, files = own + find_targets(section), hash_named_files(section, tree.root, hashes)
    if TASKS in tree.closure(entries):
        entries, files = entries + tasks[0], files | tasks[1]
    return fingerprint(tree, entries) | {"named_files": files}
