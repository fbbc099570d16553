"""What reward modelling hands to its workers."""

from dataclasses import dataclass
from pathlib import Path

from components.reward.config import RewardConfig
from components.runtime.job import TrainJob


@dataclass(frozen=True)
class RewardInputs:
    """What reward modelling reads."""

    base: Path
    """Model folder that it starts from."""
    pairs: Path
    """Token ids of both sides of every pair, as an Arrow folder."""
    tokens_per_step: float
    """Tokens of a step, on average."""


RewardJob = TrainJob[RewardConfig, RewardInputs]
