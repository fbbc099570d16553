"""Laying out rollouts and sharing out minibatches."""

from itertools import pairwise

import torch

from components.align.prompts import Prompt
from components.align.rollout import pack_rollout
from components.align.texts import Texts, read_in_parts, split_by_length
from components.align.update import assign_minibatches
from components.generation.completion import Completion

EOS, PAD = 1, 0
MASK = torch.tensor([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0]])


def test_a_finished_response_keeps_its_end_token_as_an_action_and_a_cut_one_has_none() -> None:
    prompts = [Prompt([5, 6, 7], "1"), Prompt([8, 9], None)]
    completions = [Completion([2, 3], [-0.1, -0.2, -0.3], "stop", EOS), Completion([4, 4], [-0.4, -0.5], "length")]
    rollout = pack_rollout(prompts, completions, pad_token_id=PAD, device=torch.device("cpu"))
    assert rollout.texts.ids_BT.tolist() == [[5, 6, 7, 2, 3, EOS], [8, 9, 4, 4, PAD, PAD]]
    assert rollout.texts.mask_BA.tolist() == [[1, 1, 1], [1, 1, 0]]
    assert rollout.texts.lengths_B.tolist() == [6, 4]
    torch.testing.assert_close(rollout.logprobs_BA, torch.tensor([[-0.1, -0.2, -0.3], [-0.4, -0.5, 0.0]]))
    assert rollout.finished_B.tolist() == [True, False]


def test_a_response_token_is_predicted_from_the_one_before_it() -> None:
    texts = Texts(torch.tensor([[5, 6, 7, 2, 3, EOS], [8, 9, 4, 4, PAD, PAD]]), torch.tensor([3, 2]), MASK, MASK)
    assert texts.places_BA.tolist() == [[2, 3, 4], [1, 2, 3]]
    assert texts.targets_BA[0].tolist() == [2, 3, EOS]
    assert texts.targets_BA[1, :2].tolist() == [4, 4]
    assert texts.prefix_BT[1].tolist() == [True, True, False, False, False, False]


def test_selected_rows_are_cut_to_the_longest_among_them() -> None:
    texts = Texts(torch.tensor([[5, 6, 7, 2, 3, EOS], [8, 9, 4, 4, PAD, PAD]]), torch.tensor([3, 2]), MASK, MASK)
    part = texts.select(torch.tensor([1]))
    assert part.ids_BT.tolist() == [[8, 9, 4, 4]]
    assert part.mask_BA.tolist() == [[1, 1]]


def test_forward_passes_hold_neighbouring_lengths_and_every_row_once() -> None:
    lengths = torch.randint(5, 90, (37,), generator=torch.Generator().manual_seed(0))
    parts = split_by_length(lengths, 16)
    assert sorted(torch.cat(parts).tolist()) == list(range(37))
    for shorter, longer in pairwise(parts):
        assert lengths[shorter].max() <= lengths[longer].min()


def test_reading_in_parts_gives_each_row_its_own_and_nothing_beyond_its_response() -> None:
    mask = (torch.arange(6) < torch.arange(1, 41)[:, None] % 6 + 1).float()
    ids = torch.arange(40)[:, None].expand(40, 9).clone()
    texts = Texts(ids, torch.full((40,), 3), mask, mask)
    assert read_in_parts(lambda part: part.ids_BT[:, 0].float(), texts, 7).tolist() == list(range(40))
    found = read_in_parts(lambda part: part.targets_BA.float(), texts, 7)
    assert torch.equal(found, ids[:, :6] * mask)


def test_minibatches_partition_the_batch_and_are_shared_equally_by_any_number_of_workers() -> None:
    parts = assign_minibatches(16, 4, [3, 1])
    assert sorted(torch.cat(parts).tolist()) == list(range(16))
    for world in (1, 2, 4):
        share = 16 // world
        for part in parts:
            counts = [int(((part >= r * share) & (part < (r + 1) * share)).sum()) for r in range(world)]
            assert counts == [4 // world] * world


def test_tokens_that_a_tool_wrote_are_read_but_were_not_chosen() -> None:
    prompts = [Prompt([5, 6, 7], None), Prompt([8, 9], None)]
    completions = [Completion([2, 3], [-0.1, -0.2, -0.3], "stop", EOS), Completion([4, 4], [-0.4, -0.5], "length")]
    forced = [[False, True, False], [False, False]]
    texts = pack_rollout(prompts, completions, pad_token_id=PAD, device=torch.device("cpu"), forced=forced).texts
    assert texts.mask_BA.tolist() == [[1, 1, 1], [1, 1, 0]]
    assert texts.chosen_BA.tolist() == [[1, 0, 1], [1, 1, 0]]
    assert texts.select(torch.tensor([1])).chosen_BA.tolist() == [[1, 1]]
