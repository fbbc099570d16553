"""Parameters of the reward model."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config, NonNegativeFloat, PositiveInt
from components.runtime.fine_tuning import FineTuningConfig


class SampledPairs(Config):
    """The sft model answers unconstrained instructions; the checker says which answers are right."""

    kind: Literal["sampled"]
    prompts: PositiveInt
    samples_per_prompt: Annotated[int, Field(ge=2)]
    temperature: Annotated[float, Field(gt=0.0)]
    top_p: Annotated[float, Field(gt=0.0, le=1.0)]
    max_new_tokens: PositiveInt
    max_pairs_per_prompt: PositiveInt


class FilePairs(Config):
    """The user's `chosen` and `rejected`, with or without a `prompt`, or as "Human: … Assistant: …" dialogues."""

    kind: Literal["jsonl", "parquet"]
    path: str


PairData = Annotated[SampledPairs | FilePairs, Field(discriminator="kind")]


class BradleyTerryConfig(Config):
    """A scalar on the last token, trained on -log sigmoid(chosen - rejected) (Ouyang et al. 2022, eq. 1)."""

    kind: Literal["bradley_terry"]
    data: PairData
    heldout_fraction: Annotated[float, Field(gt=0.0, lt=1.0)]
    """Share of the prompts, with all their pairs, that is never trained on."""
    max_tokens: PositiveInt
    """A pair with a longer side is left out and counted."""
    center_rewards_coefficient: NonNegativeFloat
    """Weight of (chosen + rejected)^2, which keeps scores near zero (Eisenstein et al. 2023)."""
    training: FineTuningConfig


RewardConfig = BradleyTerryConfig
