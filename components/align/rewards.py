"""What gives a response its reward: the reward model, or the task's own ground truth.

Shapes: B responses.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, assert_never

import torch
from torch import Tensor

from components.align.config import CheckerReward, ModelReward
from components.align.models import PolicyModels, outline_scorer_of
from components.align.prompts import Prompt
from components.align.rollout import Rollout
from components.align.texts import Texts
from components.base.errors import DataError
from components.generation.answers import read_answers
from components.parallel.fsdp import freeze_model
from components.tasks.score import is_correct


class RewardSource(Protocol):
    """One number for each response of a rollout: a collective, for a source may be a sharded network."""

    def score(self, rollout: Rollout, prompts: Sequence[Prompt]) -> Tensor:
        """Rewards [B] in float32, higher for better; `prompts` are those that the responses answer."""


class RewardModelSource:
    """The reward model's score of a whole conversation, read at the last token that is not padding."""

    def __init__(self, folder: Path, models: PolicyModels) -> None:
        self._models = models
        outline = outline_scorer_of(folder, models.tokenizer, models.fit.dtype)
        self._model = freeze_model(outline.model, models.mesh)
        outline.fill()

    def score(self, rollout: Rollout, prompts: Sequence[Prompt]) -> Tensor:
        """Rewards [B]."""

        def read(part: Texts) -> Tensor:
            scores_B: Tensor = self._model(input_ids=part.ids_BT, use_cache=False).logits.squeeze(-1).float()
            return scores_B

        return self._models.read(read, rollout.texts)


class CheckerSource:
    """1 for a correct response, 0 for another: rewards that can be verified (Lambert et al. 2024, arXiv 2411.15124)."""

    def __init__(self, models: PolicyModels) -> None:
        self._tokenizer = models.tokenizer

    def score(self, rollout: Rollout, prompts: Sequence[Prompt]) -> Tensor:
        """Rewards [B]; raises DataError for a prompt whose answer is not known."""
        answers = read_answers(self._tokenizer, rollout.completions)
        right = []
        for answer, prompt in zip(answers, prompts, strict=True):
            if prompt.answer is None:
                raise DataError("align.reward: kind checker needs prompts with answers, and one has none")
            right.append(float(is_correct(answer.text, prompt.answer, prompt.judge)))
        return torch.tensor(right, device=rollout.texts.ids_BT.device)


def build_source(cfg: ModelReward | CheckerReward, folder: Path, models: PolicyModels) -> RewardSource:
    """The source of a kind; `folder` is the reward stage's model."""
    match cfg:
        case ModelReward():
            return RewardModelSource(folder, models)
        case CheckerReward():
            return CheckerSource(models)
        case _:
            assert_never(cfg)
