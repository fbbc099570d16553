"""Files of figures over many runs: written by the command that makes the runs, read by the report."""

from pathlib import Path
from typing import TypeVar

from components.base.config import Config
from components.base.errors import ArtifactError, ParamsError
from components.base.files import read_json, write_json
from components.base.validation import validate

FiguresT = TypeVar("FiguresT", bound=Config)


def write_figures(path: Path, figures: Config) -> None:
    """Replace the file at once, so that a reader never meets half of it."""
    write_json(path, figures.model_dump(mode="json"))


def read_figures_file(path: Path, kind: type[FiguresT], what: str) -> FiguresT:
    """Raises ArtifactError that names the file when it holds no `what`."""
    try:
        figures: FiguresT = validate(kind, read_json(path), where=str(path))
    except ParamsError as error:
        raise ArtifactError(f"{path}: no {what} ({error})") from None
    return figures
