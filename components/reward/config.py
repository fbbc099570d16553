"""Parameters of the reward model."""

from typing import Literal

from components.base.config import Config, NonNegativeFloat
from components.training.config import Adapter, FineTuningConfig, NoAdapter


class BradleyTerryConfig(Config):
    """A scalar on the last token, trained on -log sigmoid(chosen - rejected) (Ouyang et al. 2022, eq. 1)."""

    kind: Literal["bradley_terry"]
    center_rewards_coefficient: NonNegativeFloat
    """Weight of (chosen + rejected)^2, which keeps scores near zero (Eisenstein et al. 2023)."""
    adapter: Adapter = NoAdapter(kind="none")
    """What is trained beside the scalar head; what is saved is merged."""
    training: FineTuningConfig
    """How the weights are trained; a batch counts pairs."""


RewardConfig = BradleyTerryConfig
