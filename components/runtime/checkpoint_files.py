"""Which training checkpoints exist and which are sound; importing this file costs no torch.

A checkpoint is a folder whose name ends with its step, `step_00000042` or `checkpoint-42`. Its `complete.json` is
written last and lists every file's hash, so a folder without it never counts.
"""

import re
import shutil
import sys
from pathlib import Path

from components.base.errors import ArtifactError
from components.base.files import read_json, write_json
from components.base.hashing import hash_file

MARKER = "complete.json"
CHECKPOINTS_KEPT = 2
_STEP = re.compile(r"(?:step_|checkpoint-)(\d+)")


def mark_complete(folder: Path, keep: int) -> None:
    """Declare everything in the folder written, and drop all but the newest `keep` checkpoints beside it."""
    files = sorted(p for p in folder.iterdir() if p.name != MARKER)
    write_json(folder / MARKER, {p.name: hash_file(p) for p in files})
    for old in find_complete(folder.parent)[:-keep]:
        shutil.rmtree(old, ignore_errors=True)


def find_complete(run_folder: Path) -> list[Path]:
    """Checkpoints that were written to their end, oldest first."""
    return sorted((p.parent for p in run_folder.glob(f"*/{MARKER}") if _STEP.fullmatch(p.parent.name)), key=read_step)


def find_sound(run_folder: Path) -> tuple[Path | None, list[str]]:
    """The newest checkpoint whose files are as they were written, and what is wrong with newer ones."""
    damaged = []
    for folder in reversed(find_complete(run_folder)):
        try:
            verify(folder)
        except ArtifactError as error:
            damaged.append(str(error))
            continue
        return folder, damaged
    return None, damaged


def read_step(folder: Path) -> int:
    """The step after which a checkpoint was taken."""
    found = _STEP.fullmatch(folder.name)
    assert found, folder
    return int(found[1])


def announce_resume(run_folder: Path) -> None:
    """Tell the user from where a run goes on, and which checkpoints were passed over."""
    folder, damaged = find_sound(run_folder)
    for reason in damaged:
        print(f"warning: {reason}; taking the checkpoint before it", file=sys.stderr)
    begins = "nothing to resume, begins at step 0" if folder is None else f"resumed at step {read_step(folder)}"
    print(f"{run_folder.name}: {begins}", file=sys.stderr)


def verify(folder: Path) -> None:
    """Hold every file of a checkpoint against its recorded hash; raises ArtifactError naming the file."""
    for name, expected in read_json(folder / MARKER).items():
        path = folder / name
        if not path.exists():
            raise ArtifactError(f"{path}: the checkpoint file is missing")
        if hash_file(path) != expected:
            raise ArtifactError(f"{path}: the checkpoint file is truncated or altered (checksum differs)")
