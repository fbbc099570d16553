"""Figures of the stages that train: pretrain, sft, reward and align. Losses are nats a token."""

from typing import ClassVar

from pydantic import Field

from components.metrics.data import PairFigures
from components.metrics.figures import Count, Figure, Figures, Share, StageFigures
from components.metrics.forgetting import ForgettingFigures


class LengthFigures(Figures):
    """Loss on texts of one length; by position, from the first sixteenth of it to the last."""

    tokens: int
    loss: float
    by_position: list[float] = Field(default_factory=list)


class ContinuationFigures(Figures):
    """The second half of a text given the first, and given the first half's end alone."""

    loss: float
    match: float
    match_short_prefix: float


class InfillingFigures(Figures):
    """A gap given both sides, and given the left side alone."""

    loss: float
    match: float
    match_left_only: float


class PretrainMetrics(StageFigures):
    """The base model beside an n-gram model of the same text."""

    val_loss: Figure = None
    """By the objective that was trained."""
    next_token_loss: Figure = None
    bits_per_byte: Figure = None
    ngram_val_loss: Figure = None
    ngram_bits_per_byte: Figure = None
    continuation: ContinuationFigures | None = None
    infilling: InfillingFigures | None = None
    lengths: dict[str, LengthFigures] | None = None
    """By multiple of the trained length."""
    parameters: Count = None
    tokens_per_s: Figure = None
    trained_tokens: Count = None
    steps: Count = None


class ExamFigures(Figures):
    """Shares of a task's answers that are right, by how they are asked for."""

    exact_match_cot: Share = None
    """Told to think step by step."""
    exact_match_direct: Share = None
    """Told to give only the answer."""
    exact_match_plain: Share = None
    """Told neither."""
    worked_share_plain: Share = None
    """Answered with steps, told neither; where answers are numbers."""


class SftMetrics(ForgettingFigures, ExamFigures):
    """What instruction tuning learned from, and what the tuned model can do; of several tasks the means."""

    train_conversations: Count = None
    dropped_conversations: Count = None
    """Too long for any of their answers to be learned."""
    train_tokens: Count = None
    """Tokens of one pass that are no padding, those of the corpus among them."""
    pretraining_tokens: Count = None
    """Those of the corpus."""
    answer_tokens: Count = None
    """Tokens of conversations that are learned."""
    packing_efficiency: Share = None
    """Of the conversations' rows, how much is no padding."""
    empty_answers: Count = None
    contaminated: Count = None
    """Rows of the user's that hold test items, and were left out."""
    ignored_fields: dict[str, int] | None = None
    steps: Count = None
    tokens_per_s: Figure = None
    finished_share: Share = None
    exam_items: Count = None
    tasks: dict[str, ExamFigures] | None = None
    """Of each task."""
    val_loss: Figure = None
    val_loss_before: Figure = None


class RewardMetrics(PairFigures):
    """How the reward model ranks pairs of prompts that it was not trained on; the pairs' own figures beside."""

    handed_on: ClassVar[frozenset[str]] = frozenset({"heldout_accuracy"})

    heldout_accuracy: Share = None
    heldout_margin: Figure = None
    """Mean difference of the scores of chosen and rejected answers."""
    reward_mean: Figure = None
    reward_std: Figure = None
    steps: Count = None
    tokens_per_s: Figure = None


class TruthFigures(Figures):
    """Shares of held-out prompts that are answered right before alignment and after."""

    exact_match_before: Share = None
    exact_match_after: Share = None


class AlignMetrics(ForgettingFigures, TruthFigures):
    """Ground truth of all held-out prompts, reward and divergence before and after; KL is nats a response."""

    tasks: dict[str, TruthFigures] | None = None
    """Of each task, where prompts come from several."""
    worked_share_before: Share = None
    worked_share_after: Share = None
    reward_before: Figure = None
    reward_after: Figure = None
    kl_before: Figure = None
    kl_to_sft: Figure = None
    kl_budget: Figure = None
    kl_coefficient: Figure = None
    heldout_pair_accuracy: Share = None
    """Held-out pairs whose chosen answer has gained more likelihood over the sft model than the rejected one."""
    rollout_logprob_gap: Figure = None
    """Nats by which sampler and trainer differ at most before the first update."""
    iterations: Count = None
    held_out_prompts: Count = None
    prompts_without_answer: Count = None
    contaminated: Count = None
    """Prompts of the user's that hold test items, and were left out."""
    ignored_fields: dict[str, int] | None = None
