"""The file of an ablation's figures: written by the command that runs the variants, read by the report."""

from pathlib import Path
from typing import Any

from components.base.config import Config, NonNegativeInt
from components.metrics.files import read_figures_file


class AblationRow(Config):
    """One variant: the params it changes, and the metrics of its stage under each seed."""

    name: str
    """Name of the variant."""
    about: str
    """What it is, in a few words."""
    set: dict[str, Any]
    """Params, by path, that differ from the common ones."""
    runs: list[dict[str, Any]]
    """Metrics of the stage, one run per seed."""


class AblationFigures(Config):
    """All variants that have been run."""

    title: str
    """Heading of the table."""
    seeds: list[NonNegativeInt]
    """Offsets to the shared seed."""
    common: dict[str, Any]
    """Params, by path, that all variants share."""
    positions: list[str]
    """Variants whose loss by position is plotted."""
    rows: list[AblationRow]
    """The variants that have been run."""


def read_ablation(path: Path) -> AblationFigures:
    """Raises ArtifactError that names the file when it is none of these."""
    return read_figures_file(path, AblationFigures, "ablation's figures")
