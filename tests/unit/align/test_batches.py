"""Laying out rollouts and sharing out minibatches."""

import torch

from components.align.prompts import Prompt
from components.align.rollout import pack_rollout
from components.align.update import assign_minibatches
from components.generation.engine import Completion

EOS, PAD = 1, 0


def test_a_finished_response_keeps_its_end_token_as_an_action_and_a_cut_one_has_none() -> None:
    prompts = [Prompt([5, 6, 7], "1"), Prompt([8, 9], None)]
    completions = [Completion([2, 3], [-0.1, -0.2, -0.3], "stop", EOS), Completion([4, 4], [-0.4, -0.5], "length")]
    rollout = pack_rollout(prompts, completions, pad_token_id=PAD, device=torch.device("cpu"))
    assert rollout.ids_BT.tolist() == [[5, 6, 7, 2, 3, EOS], [8, 9, 4, 4, PAD, PAD]]
    assert rollout.mask_BA.tolist() == [[0, 0, 1, 1, 1], [0, 1, 1, 0, 0]]
    torch.testing.assert_close(rollout.logprobs_BA[0], torch.tensor([0, 0, -0.1, -0.2, -0.3]))
    assert rollout.finished_B.tolist() == [True, False]
    assert rollout.tokens_B.tolist() == [3, 2]


def test_minibatches_partition_the_batch_and_are_shared_equally_by_any_number_of_workers() -> None:
    parts = assign_minibatches(16, 4, [3, 1])
    assert sorted(torch.cat(parts).tolist()) == list(range(16))
    for world in (1, 2, 4):
        share = 16 // world
        for part in parts:
            counts = [int(((part >= r * share) & (part < (r + 1) * share)).sum()) for r in range(world)]
            assert counts == [4 // world] * world
