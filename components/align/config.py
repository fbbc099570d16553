"""What alignment can be told."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config, Fraction, NonNegativeFloat, PositiveFloat, PositiveInt


class FixedKl(Config):
    """The same KL coefficient from the first iteration to the last."""

    kind: Literal["fixed"]
    coefficient: NonNegativeFloat


class AdaptiveKl(Config):
    """A coefficient steered towards `target` nats a response (Ziegler et al. 2019, section 2.2)."""

    kind: Literal["adaptive"]
    coefficient: PositiveFloat
    target: PositiveFloat
    horizon: PositiveInt


class TaskPrompts(Config):
    """Plain instructions from the generator, whose answers can be checked."""

    kind: Literal["tasks"]


class FilePrompts(Config):
    """The user's prompts: text or messages in one field a row, and optionally the right number for measuring."""

    kind: Literal["jsonl", "parquet"]
    path: str
    prompt_field: str
    answer_field: str | None


class ValueNetworkConfig(Config):
    """A network of its own, which begins as the reward model."""

    kind: Literal["network"]
    learning_rate: PositiveFloat


class ValueHeadConfig(Config):
    """A linear head on the policy's own hidden states, which it does not change: half the work, a cruder baseline."""

    kind: Literal["head"]
    learning_rate: PositiveFloat


class RolloutConfig(Config):
    """How responses are sampled, at temperature 1; the penalty is taken from the reward of one that never ends."""

    prompts_per_iteration: PositiveInt
    max_new_tokens: PositiveInt
    missing_eos_penalty: NonNegativeFloat


class UpdateConfig(Config):
    """Clipped updates on one batch of rollouts."""

    epochs: PositiveInt
    minibatches: PositiveInt
    learning_rate: PositiveFloat
    clip_range: PositiveFloat
    value_clip_range: PositiveFloat
    value_coefficient: PositiveFloat
    clip_norm: PositiveFloat
    gamma: Fraction
    lam: Fraction
    whiten_advantages: bool


class MeasureConfig(Config):
    """How often, and on how many held-out prompts, the policy is measured; none of it is trained on."""

    every_iterations: PositiveInt
    prompts: PositiveInt


class PpoConfig(Config):
    """PPO (Schulman et al. 2017) with a per-token KL penalty to the sft model (Ouyang et al. 2022)."""

    kind: Literal["ppo"]
    prompts: Annotated[TaskPrompts | FilePrompts, Field(discriminator="kind")]
    min_reward_accuracy: Fraction
    kl_budget: PositiveFloat
    max_logprob_gap: PositiveFloat
    precision: Literal["bf16", "fp32"]
    iterations: PositiveInt
    rollout: RolloutConfig
    kl: Annotated[FixedKl | AdaptiveKl, Field(discriminator="kind")]
    update: UpdateConfig
    value: Annotated[ValueNetworkConfig | ValueHeadConfig, Field(discriminator="kind")]
    measure: MeasureConfig


AlignConfig = PpoConfig
