"""Pairs as rows, and a policy's ranking of them."""

from types import SimpleNamespace
from typing import cast

import torch

from components.align.models import PolicyModels
from components.align.pairs import measure_pair_accuracy, pack_pairs
from components.align.texts import Texts
from components.datasets.preferences import Pair
from components.parallel.mesh import ALONE

PAIRS = [Pair("", "", "", 2, [5, 6, 7, 1], [5, 6, 8]), Pair("", "", "", 1, [9, 1], [9, 4, 4, 1])]


def test_both_sides_are_rows_and_the_prompt_is_no_response() -> None:
    texts = pack_pairs(PAIRS, pad_token_id=0)
    assert texts.ids_BT.tolist() == [[5, 6, 7, 1], [9, 1, 0, 0], [5, 6, 8, 0], [9, 4, 4, 1]]
    assert texts.prompt_B.tolist() == [2, 1, 2, 1]
    assert texts.mask_BA.tolist() == [[1, 1, 0], [1, 0, 0], [1, 0, 0], [1, 1, 1]]


def test_a_pair_counts_when_its_chosen_answer_has_gained_more_than_the_other() -> None:
    """The second answer's tokens gain 0.2 each: one for the chosen side, three for the rejected one."""

    def gain(texts: Texts) -> torch.Tensor:
        first = (texts.ids_BT[:, :1] == 5) & (texts.ids_BT[:, 2:3] == 7)
        return texts.mask_BA * (0.2 + first)

    models = SimpleNamespace(
        mesh=ALONE,
        tokenizer=SimpleNamespace(pad_token_id=0),
        policy_logprobs=gain,
        reference_logprobs=lambda texts: texts.mask_BA * 0.0,
    )
    assert measure_pair_accuracy(cast(PolicyModels, models), PAIRS) == 0.5
    models.policy_logprobs = models.reference_logprobs
    assert measure_pair_accuracy(cast(PolicyModels, models), PAIRS) == 0.0
