"""The form of all figures: a class per stage, whose absent fields are what a run did not measure."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any, ClassVar, TypeVar

from pydantic import ConfigDict, ValidationError

from components.base.config import Config
from components.base.errors import GateError
from components.base.files import find_non_finite

Figure = float | None
Count = int | None
Share = float | None
"""From 0 to 1."""
Json = dict[str, Any]
DIGITS = 4


class Figures(Config):
    """A record of figures. None is not measured here, and is not written.

    NaN may stand in it, so that a gate and the runner can refuse it by its name.
    """

    model_config = ConfigDict(allow_inf_nan=True)

    def to_json(self) -> Json:
        """The record as it stands in the metrics file."""
        return self.model_dump(mode="json", exclude_none=True)


class StageFigures(Figures):
    """What every stage's file holds, put there by the runner."""

    handed_on: ClassVar[frozenset[str]] = frozenset()
    """Figures that stages below read: they stand in the artifact's manifest, and the others in its record alone."""

    wall_s: Figure = None
    """Seconds from the start of the process to the end of the stage."""
    peak_memory_gb: Figure = None
    """Most memory of all processes of the stage together, in 10^9 bytes."""


F = TypeVar("F", bound=Figures)


def require_finite(metrics: Json, stage: str) -> None:
    """Raises GateError naming every figure of a stage that is NaN or infinite: such a result must not pass."""
    if strange := find_non_finite(metrics):
        raise GateError(f"{stage}: {', '.join(strange)}: a figure that is no finite number, so the stage does not pass")


def merge(first: F, *others: F) -> F:
    """The figures of all parts of a stage, none of which two parts hold."""
    kept = first.model_dump(exclude_none=True, exclude_unset=True)
    for other in others:
        more = other.model_dump(exclude_none=True, exclude_unset=True)
        assert not kept.keys() & more.keys(), f"measured twice: {sorted(kept.keys() & more.keys())}"
        kept |= more
    return type(first).model_validate(kept)


def average(records: Sequence[Figures]) -> Json:
    """The mean of each figure over the records that have it, rounded as they are; of one record its own figures."""
    found = [record.to_json() for record in records]
    names = dict.fromkeys(name for figures in found for name in figures)
    known = {name: [figures[name] for figures in found if name in figures] for name in names}
    return {name: values[0] if len(values) == 1 else round(fmean(values), DIGITS) for name, values in known.items()}


def read_figures(kind: type[F], found: Mapping[str, Any]) -> F:
    """The figures of a file that are of this kind; what is of another type or not finite counts as absent.

    So a component of the user's own may leave fewer figures, and more.
    """
    named = {name: value for name, value in found.items() if name in kind.model_fields}
    kept = {name: value for name, value in named.items() if not find_non_finite(value) and _fits(kind, name, value)}
    return kind.model_validate(kept)


def _fits(kind: type[Figures], name: str, value: Any) -> bool:
    try:
        kind.model_validate({name: value})
    except ValidationError:
        return False
    return True
