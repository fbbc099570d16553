"""The file of one run's figures under several seeds: written by the command that runs them, read by the report."""

import statistics
from collections.abc import Sequence
from pathlib import Path

from components.base.config import Config, NonNegativeInt
from components.metrics.figures import Figure
from components.metrics.files import read_figures_file

DIGITS = 6


class SeedRow(Config):
    """The whole graph under one seed."""

    seed: NonNegativeInt
    """The run's `shared.seed`."""
    targets_met: NonNegativeInt
    """How many targets of the report were met."""
    targets_total: NonNegativeInt
    """Of how many."""
    missed: list[str]
    """Claims of those that were not."""
    figures: dict[str, float]
    """The targets' figures and some others, by path; a difference is written `a − b`."""
    error: str | None = None
    """Why the graph did not come to its end, in one line; then no target counts as met."""


class Spread(Config):
    """One figure over the seeds that have it."""

    mean: float
    """Arithmetic mean."""
    sd: Figure
    """Sample standard deviation; null of a single seed."""
    min: float
    """Least."""
    max: float
    """Greatest."""


class SeedsFigures(Config):
    """All seeds that have been run."""

    seeds: list[SeedRow]
    """In the order in which they ran."""
    summary: dict[str, Spread]
    """Each figure over them."""


def summarise_seeds(rows: Sequence[SeedRow]) -> SeedsFigures:
    """The rows with the spread of each figure, in the order in which figures first appear."""
    names = dict.fromkeys(name for row in rows for name in row.figures)
    return SeedsFigures(
        seeds=list(rows),
        summary={name: _spread([row.figures[name] for row in rows if name in row.figures]) for name in names},
    )


def read_seeds(path: Path) -> SeedsFigures:
    """Raises ArtifactError that names the file when it is none of these."""
    return read_figures_file(path, SeedsFigures, "figures under several seeds")


def _spread(values: list[float]) -> Spread:
    return Spread(
        mean=round(statistics.mean(values), DIGITS),
        sd=round(statistics.stdev(values), DIGITS) if len(values) > 1 else None,
        min=min(values),
        max=max(values),
    )
