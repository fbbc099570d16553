"""Which training checkpoints exist and which are sound; importing this file costs no torch."""

import sys
from pathlib import Path

from components.base.errors import ArtifactError
from components.base.files import read_json
from components.base.hashing import hash_file

MARKER = "complete.json"


def find_complete(run_folder: Path) -> list[Path]:
    """Checkpoints that were written to their end, oldest first."""
    return sorted(p.parent for p in run_folder.glob(f"step_*/{MARKER}"))


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
    return int(folder.name.removeprefix("step_"))


def announce_resume(run_folder: Path) -> None:
    """Tell the user from where a run goes on, and which checkpoints were passed over."""
    folder, damaged = find_sound(run_folder)
    for reason in damaged:
        print(f"warning: {reason}; taking the checkpoint before it", file=sys.stderr)
    if folder is not None:
        print(f"{run_folder.name}: resumed at step {read_step(folder)}", file=sys.stderr)


def verify(folder: Path) -> None:
    """Hold every file of a checkpoint against its recorded hash; raises ArtifactError naming the file."""
    for name, expected in read_json(folder / MARKER).items():
        path = folder / name
        if not path.exists():
            raise ArtifactError(f"{path}: the checkpoint file is missing")
        if hash_file(path) != expected:
            raise ArtifactError(f"{path}: the checkpoint file is truncated or altered (checksum differs)")
