"""Tensors follow the networks that read them: shown on a device that is not the CPU, which every machine has."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from components.align.prompts import Prompt
from components.align.rollout import pack_rollout
from components.generation.completion import Completion
from components.pretrain.continuation import DownstreamEvaluator
from components.pretrain.objective import Example
from components.scoring.perplexity import measure_loss
from components.scoring.rewards import score_texts
from components.scoring.shared_prefixes import score_trees
from components.scoring.side_by_side import score_side_by_side
from components.scoring.token_trees import Text
from components.sft.evaluation import measure_answer_loss
from components.sft.packing import PackedRows
from components.sft.row_files import save_rows

ELSEWHERE = torch.device("meta")


class SeenError(Exception):
    """The model was called; it holds where its inputs lay."""


class Model(torch.nn.Module):
    """Answers nothing: it only looks where its inputs are."""

    device = ELSEWHERE
    dtype = torch.float32
    config = SimpleNamespace(
        pad_token_id=0, is_encoder_decoder=False, get_text_config=lambda decoder: SimpleNamespace(vocab_size=9)
    )

    def forward(self, **inputs: Any) -> Any:
        raise SeenError({value.device for value in inputs.values() if isinstance(value, torch.Tensor)})

    generate = forward


def measure_packed(model: Any) -> float:
    table = np.ones((2, 4), np.int32)
    with TemporaryDirectory() as folder:
        saved = save_rows([PackedRows(table, table, table, 8)], "position_ids", Path(folder) / "rows")
        return measure_answer_loss(model, saved.file)


LOOKS: dict[str, Callable[[Any], object]] = {
    "answers' loss": measure_packed,
    "reward": lambda model: score_texts(model, [[1, 2], [3]]),
    "choices as a tree": lambda model: score_trees(model, [Text([1, 2], [3])]),
    "choices side by side": lambda model: score_side_by_side(model, [Text([1, 2], [3])]),
    "loss": lambda model: measure_loss(model, [({"input_ids": torch.ones(2, 4).long()}, torch.ones(2, 4).long())]),
    "continuation's loss": lambda model: DownstreamEvaluator(model, pad_token_id=0).measure_loss(
        [Example(np.array([1, 2]), np.array([3]))]
    ),
    "continuation": lambda model: DownstreamEvaluator(model, pad_token_id=0).measure_match(
        np.ones((2, 3), np.int64), [4], np.ones((2, 1), np.int64)
    ),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_what_follows_training_meets_the_model_where_it_is(look: Callable[[Any], object]) -> None:
    with pytest.raises(SeenError) as seen:
        look(Model())
    assert seen.value.args[0] == {ELSEWHERE}


def test_a_rollout_lies_where_its_networks_are() -> None:
    prompts, completions = [Prompt([5, 6], None)], [Completion([2], [-0.1, -0.2], "stop", 1)]
    rollout = pack_rollout(prompts, completions, pad_token_id=0, device=ELSEWHERE)
    found = [*rollout.texts, rollout.logprobs_BA, rollout.finished_B, rollout.texts.places_BA, rollout.texts.prefix_BT]
    assert {tensor.device for tensor in found} == {ELSEWHERE}
