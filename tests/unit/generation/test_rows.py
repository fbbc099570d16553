"""What the engine knows of each slot."""

import numpy as np

from components.generation.blocks import BLOCK_TOKENS
from components.generation.request import GenerationRequest
from components.generation.rows import Rows, count_places, limit_tokens
from components.generation.sampling import SamplingParams
from components.generation.watch import Watches


def ask(prompt: list[int], wanted: int, **wishes: float) -> GenerationRequest:
    return GenerationRequest(prompt, SamplingParams(wanted, **wishes))  # type: ignore[arg-type]


def test_an_answer_is_limited_by_its_wish_and_by_the_room_that_is_left() -> None:
    assert limit_tokens(ask([1] * 10, 5), 64) == 5
    assert limit_tokens(ask([1] * 60, 50), 64) == 4


def test_places_are_promised_in_whole_blocks() -> None:
    assert count_places(ask([1], 1), 64) == BLOCK_TOKENS
    assert count_places(ask([1] * BLOCK_TOKENS, 1), 10 * BLOCK_TOKENS) == 2 * BLOCK_TOKENS


def test_rows_grow_as_wide_as_the_longest_and_keep_what_they_hold() -> None:
    rows = Rows(3, 64)
    rows.fill(0, 7, ask([1, 2, 3], 2))
    rows.fill(1, 8, ask([4] * 40, 8, temperature=1.0, seed=5))
    assert rows.tokens.shape[1] >= 40 and rows.tokens[0, :3].tolist() == [1, 2, 3]
    assert rows.request_id[:2].tolist() == [7, 8] and rows.alive.tolist() == [True, True, False]
    drawn = np.random.default_rng(5).random(8, np.float32)
    assert np.array_equal(rows.uniforms[1, :8], drawn), "a request's numbers are its seed's"


def test_a_row_that_moves_takes_all_of_it_along() -> None:
    rows = Rows(3, 64)
    rows.fill(2, 9, ask([5, 6], 4, temperature=0.5, top_p=0.9))
    rows.move(np.array([2]), np.array([0]))
    assert (rows.request_id[0], rows.length[0], rows.limit[0], rows.alive[0]) == (9, 2, 4, True)
    assert rows.tokens[0, :2].tolist() == [5, 6] and rows.top_p[0] == np.float32(0.9)


def test_only_requests_with_a_wish_of_their_own_are_watched() -> None:
    watches = Watches((0,), None)
    watches.begin(1, ask([1], 4))
    assert watches.find(1) is None and watches.find_all(np.array([1, 2])) == []
    watches.begin(2, GenerationRequest([1], SamplingParams(4), top_logprobs=2))
    assert [place for place, _ in watches.find_all(np.array([1, 2]))] == [1]
    watches.forget([2])
    assert watches.find_all(np.array([1, 2])) == []
