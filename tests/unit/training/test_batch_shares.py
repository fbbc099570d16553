"""The global batch is the same however many workers share it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.base.errors import ParamsError
from components.training.hf_trainer import share_batch


@given(st.integers(1, 16), st.integers(1, 64), st.integers(1, 8))
def test_workers_and_micro_batches_multiply_to_the_global_batch(share: int, micro: int, world: int) -> None:
    each, accumulation = share_batch(share * world, micro, world)
    assert each * accumulation * world == share * world
    assert each <= micro


def test_a_batch_that_workers_cannot_share_is_refused() -> None:
    with pytest.raises(ParamsError, match="8 cannot be split evenly among 3 workers"):
        share_batch(8, 4, 3)
