"""How often the workers of a run have begun: each time but the first follows the loss of one."""

from pathlib import Path

ATTEMPTS = "attempts"


def record_attempt(run_folder: Path) -> None:
    """Called by the first worker when its loop begins."""
    run_folder.mkdir(parents=True, exist_ok=True)
    with (run_folder / ATTEMPTS).open("a", encoding="utf-8") as file:
        file.write("begun\n")


def count_attempts(run_folder: Path) -> int:
    """How often since the run was launched."""
    path = run_folder / ATTEMPTS
    return len(path.read_text(encoding="utf-8").splitlines()) if path.exists() else 0


def forget_attempts(run_folder: Path) -> None:
    """Called before a run is launched."""
    (run_folder / ATTEMPTS).unlink(missing_ok=True)
