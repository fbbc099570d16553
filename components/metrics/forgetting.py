"""What tuning, alignment and INT8 make a model forget of the corpus, in nats a token."""

from pathlib import Path
from typing import ClassVar, TypeVar

from components.base.files import read_json
from components.base.manifest import MANIFEST
from components.metrics.figures import Figure, Json, StageFigures, read_figures

DIGITS = 6


class ForgettingFigures(StageFigures):
    """Loss on the run's validation text, the same sequences for every stage; absent where it cannot be measured."""

    handed_on: ClassVar[frozenset[str]] = frozenset({"corpus_val_loss_base"})

    corpus_val_loss: Figure = None
    corpus_val_loss_base: Figure = None
    """The base model's."""
    corpus_val_loss_rise: Figure = None
    """The first minus the second."""


F = TypeVar("F", bound=ForgettingFigures)


def compare_losses(kind: type[F], loss: float | None, base: float | None) -> F:
    """A stage's loss beside the base model's, as figures of that stage."""
    rise = None if loss is None or base is None else round(loss - base, DIGITS)
    found = {"corpus_val_loss": _round(loss), "corpus_val_loss_base": _round(base), "corpus_val_loss_rise": rise}
    return kind.model_validate({name: value for name, value in found.items() if value is not None})


def read_base_loss(folder: Path) -> float | None:
    """The base model's loss as the stage above knows it; None where that stage has measured none."""
    if not (folder / MANIFEST).is_file():
        return None
    metrics: Json = read_json(folder / MANIFEST).get("metrics") or {}
    return read_figures(ForgettingFigures, metrics).corpus_val_loss_base


def _round(loss: float | None) -> float | None:
    return None if loss is None else round(loss, DIGITS)
