"""A worker's own refusal: told to the driver as it was said, at once, and never tried again."""

from contextlib import suppress
from pathlib import Path

from components.base import errors
from components.base.errors import PipelineError
from components.base.files import read_json, write_json

REFUSAL = "refusal.json"


def record_refusal(error: PipelineError, run_folder: Path) -> None:
    """Leave a worker's refusal in the run's folder; the first one counts."""
    path = run_folder / REFUSAL
    if not path.exists():
        with suppress(OSError):  # where the refusal is of a full disk
            write_json(path, {"kind": type(error).__name__, "message": str(error)})


def read_refusal(run_folder: Path) -> PipelineError | None:
    """The refusal of this run, as the exception that it was."""
    path = run_folder / REFUSAL
    if not path.exists():
        return None
    found = read_json(path)
    kind = getattr(errors, found["kind"], PipelineError)
    refusal: PipelineError = kind(found["message"])
    return refusal


def forget_refusal(run_folder: Path) -> None:
    """Called before a run begins anew."""
    (run_folder / REFUSAL).unlink(missing_ok=True)
