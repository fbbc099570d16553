"""Blocks that slots share: found by what was read into them, let go of by the last reader, forgotten oldest first."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from components.generation.blocks import BLOCK_TOKENS, BlockTable, digest_blocks
from components.generation.prompts import MASK_ENTRIES, WORTH_TOKENS, Piece, find_shared_beginnings, group_suffixes


def make_text(*seeds: int) -> np.ndarray:
    """A block for each seed."""
    return np.concatenate([np.random.default_rng(seed).integers(0, 99, BLOCK_TOKENS) for seed in seeds])


def read(table: BlockTable, slot: int, *seeds: int) -> int:
    """Give a slot a text; returns how many of its blocks were known."""
    digests = digest_blocks(make_text(*seeds))
    found = table.find(digests)
    table.adopt(slot, found)
    table.extend(slot, len(seeds) * BLOCK_TOKENS)
    table.remember(slot, digests)
    return len(found)


def test_a_block_is_known_by_all_that_stands_before_its_end() -> None:
    one, other = digest_blocks(make_text(1, 2)), digest_blocks(make_text(3, 2))
    assert len({*one, *other}) == 4
    assert digest_blocks(make_text(1, 2)[:-1]) == one[:1]


def test_a_beginning_is_taken_over_and_what_follows_is_not() -> None:
    table = BlockTable(3)
    assert [read(table, 0, 1, 2, 3), read(table, 1, 1, 2, 4), read(table, 2, 5, 2)] == [0, 2, 0]
    assert table.blocks[0, :2].tolist() == table.blocks[1, :2].tolist()
    assert table.capacity == 1 + 3 + 1 + 2


def test_what_another_slot_still_reads_is_not_given_away() -> None:
    table = BlockTable(3)
    read(table, 0, 1, 2)
    read(table, 1, 1, 2)
    held = set(table.blocks[1, :2].tolist())
    table.release(np.asarray([0]))
    read(table, 2, 7, 8, 9)
    assert held.isdisjoint(table.blocks[2, :3].tolist())


def test_idle_blocks_are_found_until_their_room_is_needed_and_ends_of_texts_go_first() -> None:
    table = BlockTable(2)
    read(table, 0, 1, 2, 3)
    table.release(np.asarray([0]))
    assert read(table, 0, 9) == 0, "takes the end of the idle text"
    assert table.capacity == 1 + 3
    assert read(table, 1, 1, 2, 3) == 2


def test_with_room_left_idle_blocks_stay_known() -> None:
    table = BlockTable(2, max_blocks=5, keep_idle=True)
    read(table, 0, 1, 2)
    table.release(np.asarray([0]))
    read(table, 0, 7, 8)
    table.release(np.asarray([0]))
    assert (table.capacity, read(table, 0, 1, 2)) == (5, 2)
    read(table, 1, 11, 12)
    assert table.capacity == 5, "the idle ones have made room"


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.lists(st.integers(0, 2), min_size=1, max_size=4)), max_size=30))
def test_slots_never_write_where_others_read(steps: list[tuple[int, list[int]]]) -> None:
    table = BlockTable(4)
    for slot, seeds in steps:
        table.release(np.asarray([slot]))
        known = read(table, slot, *seeds)
        own = table.blocks[slot, known : len(seeds)].tolist()
        others = [b for other in range(4) if other != slot for b in table.blocks[other, : table.held[other]].tolist()]
        assert len(set(own)) == len(own) and set(own).isdisjoint(others) and 0 not in own
    most = 4 * 4
    assert table.capacity <= 1 + most


def test_a_beginning_is_read_apart_where_it_spares_enough() -> None:
    shots = make_text(1, 2, 3)
    prompts = [np.concatenate([shots, make_text(n)]) for n in range(10, 13)]
    digests = [digest_blocks(prompt) for prompt in prompts]
    assert find_shared_beginnings(digests) == {0: 3}
    assert find_shared_beginnings(digests[:1]) == {}
    few = [digest_blocks(make_text(1, n)) for n in range(2, 4)]
    assert BLOCK_TOKENS < WORTH_TOKENS and find_shared_beginnings(few) == {}


def test_two_sets_of_demonstrations_are_two_beginnings() -> None:
    digests = [digest_blocks(make_text(first, first + 1, n)) for first in (20, 30) for n in range(4)]
    assert find_shared_beginnings(digests) == {0: 2, 4: 2}


def test_long_texts_behind_something_are_read_one_beside_another_while_their_mask_has_room() -> None:
    long = [Piece(np.zeros(2048, np.int64), 2048, [slot]) for slot in range(3)]
    short = [Piece(np.zeros(4, np.int64), 32, [slot]) for slot in range(3, 6)]
    whole = Piece(np.zeros(9, np.int64), 0, [6])
    pieces = [*long, whole, *short]
    groups = group_suffixes(pieces)
    assert [place for group in groups for place in group] == [0, 1, 2, 4, 5, 6]
    for group in groups:
        width = max(len(pieces[place].tokens) for place in group)
        reach = max(pieces[place].start + len(pieces[place].tokens) for place in group)
        assert len(group) == 1 or len(group) * width * reach <= MASK_ENTRIES
    assert len(groups) == 3
