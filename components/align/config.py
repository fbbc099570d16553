"""What alignment can be told."""

from typing import Annotated, Literal

from pydantic import Field

from components.base.config import Config, Fraction, NonNegativeFloat, PositiveFloat, PositiveInt
from components.optim.config import OptimizationConfig
from components.tasks.config import Names
from components.training.config import Adapter, NoAdapter


class FixedKl(Config):
    """The same KL coefficient from the first iteration to the last."""

    kind: Literal["fixed"]
    coefficient: NonNegativeFloat
    """Reward that a nat of divergence from the sft model costs."""


class AdaptiveKl(Config):
    """A coefficient steered towards `target` nats a response (Ziegler et al. 2019, section 2.2)."""

    kind: Literal["adaptive"]
    coefficient: PositiveFloat
    """Reward that a nat of divergence from the sft model costs in the first iteration."""
    target: PositiveFloat
    """Divergence to steer to, in nats a response."""
    horizon: PositiveInt
    """Responses over which a divergence that is off by a fifth or more moves the coefficient by a fifth."""


class TaskPrompts(Config):
    """Unconstrained instructions from the run's tasks, whose answers can be checked."""

    kind: Literal["tasks"]
    tasks: Names | None = None
    """Whose items are asked, by name, in equal shares; null takes all that have items for prompts."""


class FilePrompts(Config):
    """The user's prompts: text or messages in one field a row, and optionally the right number for measuring."""

    kind: Literal["jsonl", "parquet"]
    path: str
    """A file, a folder or a glob of rows; relative to the repository."""
    prompt_field: str
    """Field of a row that holds the prompt."""
    answer_field: str | None
    """Field that holds the right number, bare or at the end of a worked solution; null where there is none."""


class ModelReward(Config):
    """The reward model's score of a response."""

    kind: Literal["model"]
    min_accuracy: Fraction
    """Share of held-out pairs that it must rank right; one below destroys the policy, and is refused."""


class CheckerReward(Config):
    """1 for a correct response and 0 for another, by the task's own checker: no reward model is climbed."""

    kind: Literal["checker"]


class ValueNetworkConfig(Config):
    """A network of its own, which begins as the reward model."""

    kind: Literal["network"]
    learning_rate: PositiveFloat
    """Of the whole network: the peak of a schedule like the policy's."""


class ValueHeadConfig(Config):
    """A linear head on the policy's own hidden states, which it does not change: half the work, a cruder baseline."""

    kind: Literal["head"]
    learning_rate: PositiveFloat
    """Of the head: the peak of a schedule like the policy's."""


class RolloutConfig(Config):
    """How responses are sampled, at temperature 1."""

    prompts_per_iteration: PositiveInt
    """Prompts that get one response each before the policy is updated, over all workers."""
    max_new_tokens: PositiveInt
    """Longest response in tokens; a longer one is cut off."""
    missing_eos_penalty: NonNegativeFloat
    """Taken from the reward of a response that was cut off."""


class UpdateConfig(Config):
    """Clipped updates on one batch of rollouts."""

    epochs: PositiveInt
    """Passes over the batch."""
    minibatches: PositiveInt
    """Optimiser steps of one pass."""
    clip_range: PositiveFloat
    """How far from 1 the ratio of new to old probability earns anything (Schulman et al. 2017, equation 7)."""
    value_clip_range: PositiveFloat
    """How far a value may move from the one before the update, in units of reward."""
    value_coefficient: PositiveFloat
    """Weight of the value loss beside the policy's."""
    gamma: Fraction
    """Discount of the reward by token; 1 for none."""
    lam: Fraction
    """GAE's lambda (Schulman et al. 2016): 1 trusts the rewards alone, 0 the values of the next token."""
    whiten_advantages: bool
    """Whether advantages have mean 0 and variance 1 over the batch."""


class EvaluationConfig(Config):
    """How often, and on how many held-out prompts, the policy is measured; none of it is trained on."""

    every_iterations: PositiveInt
    """Iterations (steps, of an offline method) between two measurements."""
    prompts: PositiveInt
    """Held-out prompts, a multiple of the workers."""


class _AlignConfig(Config):
    prompts: Annotated[TaskPrompts | FilePrompts, Field(discriminator="kind")]
    """What the policy answers, in training or only when it is measured."""
    kl_budget: PositiveFloat
    """Farthest that the aligned model may be from the sft model, in nats a response; one beyond is refused."""
    precision: Literal["bf16", "fp32"]
    """What networks multiply in. Weights that are trained, and the optimiser, stay in float32; networks that are not
    trained are kept in it, and a base under adapters in the dtype of its folder."""
    adapter: Adapter = NoAdapter(kind="none")
    """What of the policy is trained; the sft model is the policy with its adapter off, and what is saved is merged."""
    evaluation: EvaluationConfig
    """Ground truth on held-out prompts."""


class PpoConfig(_AlignConfig):
    """PPO (Schulman et al. 2017) with a per-token KL penalty to the sft model (Ouyang et al. 2022)."""

    kind: Literal["ppo"]
    reward: Annotated[ModelReward | CheckerReward, Field(discriminator="kind")]
    """What gives a response its reward."""
    max_logprob_gap: PositiveFloat
    """Nats by which sampler and trainer may differ on a token before the first update; more is refused."""
    iterations: PositiveInt
    """Rounds of rollout and update."""
    rollout: RolloutConfig
    """How responses are sampled."""
    kl: Annotated[FixedKl | AdaptiveKl, Field(discriminator="kind")]
    """The penalty for leaving the sft model."""
    update: UpdateConfig
    """How the policy learns from a batch of responses."""
    optimization: OptimizationConfig
    """Optimiser and schedule of policy and value, by iteration; each has its gradients clipped by itself."""
    value: Annotated[ValueNetworkConfig | ValueHeadConfig, Field(discriminator="kind")]
    """What estimates the reward to come."""


class OfflineConfig(_AlignConfig):
    """Learning from preference pairs alone, without rollouts; what its methods share."""

    epochs: PositiveInt
    """Passes over the training pairs, in whole batches."""
    batch_size: PositiveInt
    """Pairs of one optimiser step, over all workers."""
    optimization: OptimizationConfig
    """The optimiser and its schedule."""
    max_new_tokens: PositiveInt
    """Longest response in tokens when the policy is measured."""


class DpoConfig(OfflineConfig):
    """Direct preference optimisation (Rafailov et al. 2023): pairs imply a reward, of which no model is trained."""

    kind: Literal["dpo"]
    beta: PositiveFloat
    """How strongly the policy is held near the sft model: the KL coefficient of the reward that pairs imply."""


OfflineMethod = DpoConfig
AlignConfig = PpoConfig | OfflineMethod
