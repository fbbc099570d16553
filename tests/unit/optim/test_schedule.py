"""The learning rate at the points where its formula is known."""

import pytest

from components.optim.schedule import warmup_cosine


@pytest.mark.parametrize(("step", "rate"), [(1, 0.2), (5, 1.0), (10, 2.0), (60, 1.1), (110, 0.2)])
def test_the_rate_warms_up_linearly_and_falls_along_a_cosine(step: int, rate: float) -> None:
    found = warmup_cosine(step, peak=2.0, warmup_steps=10, total_steps=110, final_fraction=0.1)
    assert found == pytest.approx(rate)


def test_without_a_warm_up_the_first_step_is_already_on_the_cosine() -> None:
    assert warmup_cosine(1, peak=1.0, warmup_steps=0, total_steps=100, final_fraction=0.0) == pytest.approx(
        1.0, abs=1e-3
    )
