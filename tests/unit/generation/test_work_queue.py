"""Who answers which request of a batch."""

from components.generation.completion import Completion
from components.generation.request import GenerationRequest
from components.generation.sampling import SamplingParams
from components.generation.work_queue import WorkQueue

REQUESTS = [GenerationRequest([1] * length, SamplingParams(4)) for length in (5, 3, 4, 1, 2)]


def answer(share: list[tuple[int, GenerationRequest]]) -> dict[int, Completion]:
    """Each prompt's length is its answer."""
    return {index: Completion([len(request.prompt_ids)], [0.0], "length") for index, request in share}


def test_an_engine_has_no_more_in_hand_than_it_may() -> None:
    work = WorkQueue(REQUESTS, 2, most_in_hand=2)
    first = work.deal(0)
    assert [len(request.prompt_ids) for _, request in first] == [1, 2]
    assert work.deal(0) == [] and work.is_busy(0) and not work.is_busy(1)
    work.accept(0, answer(first[:1]))
    assert len(work.deal(0)) == 1


def test_answers_come_in_the_order_of_the_requests_whoever_gave_them() -> None:
    work = WorkQueue(REQUESTS, 3, most_in_hand=1)
    engine = 0
    while not work.done:
        work.accept(engine, answer(work.deal(engine)))
        engine = (engine + 1) % 3
    assert [completion.token_ids for completion in work.completions] == [[5], [3], [4], [1], [2]]


def test_what_a_lost_engine_had_in_hand_is_dealt_again_and_first() -> None:
    work = WorkQueue(REQUESTS, 2, most_in_hand=2)
    lost = work.deal(0)
    work.take_back(0)
    assert not work.is_busy(0)
    assert sorted(index for index, _ in work.deal(1)) == sorted(index for index, _ in lost)
