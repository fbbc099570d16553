"""Which prompts an iteration asks."""

import pytest

from components.align.online import draw_prompts
from components.align.prompts import Prompt

PROMPTS = [Prompt([index], None) for index in range(10)]


def draw(step: int, rank: int = 0, world: int = 1) -> list[int]:
    return [prompt.ids[0] for prompt in draw_prompts(PROMPTS, step, 4, rank=rank, world=world)]


def test_the_set_is_walked_through_and_begun_again() -> None:
    assert [draw(step) for step in (1, 2, 3)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 0, 1]]


def test_the_look_before_the_first_step_takes_the_first_step_s_prompts() -> None:
    assert draw(0) == draw(1)


@pytest.mark.parametrize("world", [2, 4])
def test_workers_share_what_one_would_have_alone(world: int) -> None:
    assert [prompt for rank in range(world) for prompt in draw(3, rank, world)] == draw(3)
