"""What fine-tuning hands to its workers."""

from dataclasses import dataclass
from pathlib import Path

from components.runtime.job import TrainJob
from components.sft.config import SftConfig


@dataclass(frozen=True)
class SftInputs:
    """What fine-tuning reads."""

    base: Path
    """Model folder that it starts from."""
    rows: Path
    """The packed rows, as an Arrow folder."""
    tokens_per_step: float
    """Tokens of a step that are no padding, on average."""


SftJob = TrainJob[SftConfig, SftInputs]
