"""How pairs become batches."""

import pytest

from components.align.offline import count_steps, draw_batch
from components.align.worker import count_steps as count_steps_of_any_method
from components.base.errors import DataError
from components.datasets.preferences import Pair
from tests.stages.test_align import make_dpo

PAIRS = [Pair(str(index), "", "", 1, [1, 2], [1, 3]) for index in range(11)]
CFG = make_dpo(epochs=3, batch_size=4)


def draw(step: int, rank: int = 0, world: int = 1) -> list[str]:
    return [pair.prompt for pair in draw_batch(PAIRS, 4, step, seed=5, rank=rank, world=world)]


def test_an_epoch_takes_no_pair_twice_and_the_next_one_another_order() -> None:
    first, second = draw(1) + draw(2), draw(3) + draw(4)
    assert len(set(first)) == len(set(second)) == 8
    assert first != second


@pytest.mark.parametrize("world", [2, 4])
def test_workers_share_the_batch_that_one_would_have_alone(world: int) -> None:
    for step in (1, 2, 3):
        shared = [prompt for rank in range(world) for prompt in draw(step, rank, world)]
        assert shared == draw(step)


def test_steps_are_whole_batches_and_fewer_pairs_than_one_are_refused() -> None:
    assert count_steps(CFG, 11) == count_steps_of_any_method(CFG, 11) == 6
    with pytest.raises(DataError, match=r"3 preference pairs to train on are fewer than align\.batch_size 4"):
        count_steps(CFG, 3)
