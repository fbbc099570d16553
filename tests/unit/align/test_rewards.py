"""The task's checker as a source of rewards."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from transformers import PreTrainedTokenizerFast

from components.align.config import CheckerReward
from components.align.models import PolicyModels
from components.align.prompts import Prompt
from components.align.rewards import build_source
from components.align.rollout import Rollout, pack_rollout
from components.base.errors import DataError
from components.generation.completion import Completion
from components.text.tokenizer import encode_text
from tests.tiny import make_tokenizer


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    return make_tokenizer()


def score(tokenizer: PreTrainedTokenizerFast, said: list[str], prompts: list[Prompt]) -> torch.Tensor:
    models = cast(PolicyModels, SimpleNamespace(tokenizer=tokenizer))
    end: Any = tokenizer.eos_token_id
    ids = [encode_text(tokenizer, text) for text in said]
    completions = [Completion(one, [0.0] * (len(one) + 1), "stop", end) for one in ids]
    rollout: Rollout = pack_rollout(prompts, completions, pad_token_id=0, device=torch.device("cpu"))
    source = build_source(CheckerReward(kind="checker"), folder=cast(Any, None), models=models)
    return source.score(rollout, prompts)


def test_a_correct_response_is_worth_one_and_another_nothing(tokenizer: PreTrainedTokenizerFast) -> None:
    prompts = [Prompt([5], "7"), Prompt([6], "7")]
    assert score(tokenizer, ["3 + 4 = 7. The answer is 7.", "The answer is 8."], prompts).tolist() == [1.0, 0.0]


def test_a_prompt_whose_answer_is_not_known_cannot_be_checked(tokenizer: PreTrainedTokenizerFast) -> None:
    with pytest.raises(DataError, match="kind checker needs prompts with answers"):
        score(tokenizer, ["The answer is 7."], [Prompt([5], None)])
