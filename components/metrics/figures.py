"""The form of all figures: a class per stage, whose absent fields are what a run did not measure."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError

from components.base.config import Config

Figure = float | None
Count = int | None
Share = float | None
"""From 0 to 1."""
Json = dict[str, Any]


class Figures(Config):
    """A record of figures. None is not measured here, and is not written."""

    def to_json(self) -> Json:
        """The record as it stands in the metrics file."""
        return self.model_dump(mode="json", exclude_none=True)


class StageFigures(Figures):
    """What every stage's file holds, put there by the runner."""

    wall_s: Figure = None
    """Seconds from the start of the process to the end of the stage."""
    peak_memory_gb: Figure = None
    """Most memory of all processes of the stage together, in 10^9 bytes."""


F = TypeVar("F", bound=Figures)


def read_figures(kind: type[F], found: Mapping[str, Any]) -> F:
    """The figures of a file that are of this kind; what is of another type or not finite counts as absent.

    So a component of the user's own may leave fewer figures, and more.
    """
    kept = {name: value for name, value in found.items() if name in kind.model_fields and _fits(kind, name, value)}
    return kind.model_validate(kept)


def _fits(kind: type[Figures], name: str, value: Any) -> bool:
    try:
        kind.model_validate({name: value})
    except ValidationError:
        return False
    return True
