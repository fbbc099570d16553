"""What alignment hands to its workers."""

from dataclasses import dataclass
from pathlib import Path

from components.align.config import AlignConfig
from components.runtime.job import TrainJob
from components.tasks.config import SharedConfig


@dataclass(frozen=True)
class AlignInputs:
    """What alignment reads."""

    shared: SharedConfig
    sft: Path
    """Model folder of the policy."""
    reward: Path
    """Model folder of the reward model."""
    preferences: Path
    """Folder of the preference pairs."""


AlignJob = TrainJob[AlignConfig, AlignInputs]
