"""What one request may ask beyond sampling, and that its neighbours do not notice."""

from collections.abc import Sequence
from typing import Any

import pytest
import torch

from components.generation.completion import Completion
from components.generation.engine import Engine
from components.generation.logits_processors import add_bias, allow_only
from components.generation.offline import complete
from components.generation.request import GenerationRequest
from components.generation.sampling import SamplingParams
from tests.unit.generation.tiny_llama import VOCAB, make_llama

PROMPT = [5, 9, 2]
WISHES = SamplingParams(20, temperature=1.0, seed=7)


@pytest.fixture(scope="module")
def model() -> Any:
    return make_llama(None)


def spell(ids: Sequence[int]) -> str:
    return "".join(f"<{i}>" for i in ids)


def run(model: Any, *requests: GenerationRequest) -> list[Completion]:
    return complete(model, requests, end_token_ids=(), decode=spell, what=None)


@pytest.fixture(scope="module")
def free(model: Any) -> Completion:
    return run(model, GenerationRequest(PROMPT, WISHES))[0]


def test_a_stop_string_ends_an_answer_and_is_not_returned(model: Any, free: Completion) -> None:
    stop = spell(free.token_ids[6:8])[1:-1]
    (found,) = run(model, GenerationRequest(PROMPT, WISHES, stop=("nowhere", stop)))
    assert (found.finish_reason, found.end_token_id) == ("stop", None)
    assert found.text == spell(free.token_ids[:6]) + "<"
    assert found.token_ids == free.token_ids[:8] and len(found.logprobs) == 8


def test_an_answer_without_its_stop_string_is_told_whole(model: Any, free: Completion) -> None:
    (found,) = run(model, GenerationRequest(PROMPT, WISHES, stop=("nowhere",)))
    assert (found.text, found.token_ids, found.finish_reason) == (spell(free.token_ids), free.token_ids, "length")


def test_a_stop_string_that_nobody_could_see_is_refused(model: Any) -> None:
    engine = Engine(model, end_token_ids=(), max_slots=1, max_len=64)
    with pytest.raises(ValueError, match="given `decode`"):
        engine.add(0, GenerationRequest(PROMPT, WISHES, stop=("x",)))


def test_each_request_may_end_at_tokens_of_its_own(model: Any, free: Completion) -> None:
    end = free.token_ids[9]
    cut = free.token_ids.index(end)
    found, other = run(model, GenerationRequest(PROMPT, WISHES, end_token_ids={end}), GenerationRequest(PROMPT, WISHES))
    assert (found.token_ids, found.end_token_id, found.finish_reason) == (free.token_ids[:cut], end, "stop")
    assert other.token_ids == free.token_ids


def test_forced_tokens_stand_where_they_are_put_and_are_read_on_from(model: Any, free: Completion) -> None:
    tool = [11, 12, 13]
    (found,) = run(model, GenerationRequest(PROMPT, WISHES, force_tokens=lambda ids: tool if len(ids) == 4 else ()))
    assert found.token_ids[:7] == free.token_ids[:4] + tool
    assert found.token_ids != free.token_ids and len(found.token_ids) == 20
    with torch.no_grad():
        logits = model(torch.tensor([[*PROMPT, *found.token_ids]])).logits[0, len(PROMPT) - 1 : -1]
    expected = torch.log_softmax(logits, -1).gather(1, torch.tensor(found.token_ids)[:, None])[:, 0]
    assert torch.allclose(torch.tensor(found.logprobs), expected, atol=1e-4)


def test_a_processor_changes_its_own_request_alone(model: Any, free: Completion) -> None:
    even = allow_only(lambda ids: range(0, VOCAB, 2))
    found, other = run(
        model, GenerationRequest(PROMPT, WISHES, logits_processors=(even,)), GenerationRequest(PROMPT, WISHES)
    )
    assert all(token % 2 == 0 for token in found.token_ids)
    assert other.token_ids == free.token_ids


def test_a_bias_makes_a_token_certain_or_impossible(model: Any) -> None:
    always, never = add_bias({3: 1e4}), add_bias({3: -1e4})
    certain, neither = run(
        model,
        GenerationRequest(PROMPT, WISHES, logits_processors=(always,)),
        GenerationRequest(PROMPT, WISHES, logits_processors=(always, never, never)),
    )
    assert set(certain.token_ids) == {3} and 3 not in neither.token_ids


def test_a_processor_sees_the_answer_so_far(model: Any) -> None:
    seen: list[int] = []

    def look(ids: Sequence[int]) -> range:
        seen.append(len(ids))
        return range(VOCAB)

    run(model, GenerationRequest(PROMPT, SamplingParams(4), logits_processors=(allow_only(look),)))
    assert seen == [0, 1, 2, 3]


def test_the_likeliest_tokens_of_each_place_are_told(model: Any) -> None:
    (found,) = run(model, GenerationRequest(PROMPT, SamplingParams(6), top_logprobs=3))
    assert found.top_logprobs is not None and [len(top) for top in found.top_logprobs] == [3] * 6
    for token, logprob, top in zip(found.token_ids, found.logprobs, found.top_logprobs, strict=True):
        assert next(iter(top)) == token and top[token] == pytest.approx(logprob)


def test_a_running_request_that_is_watched_can_be_cancelled(model: Any) -> None:
    engine = Engine(model, end_token_ids=(), max_slots=2, max_len=64, decode=spell)
    engine.add(0, GenerationRequest(PROMPT, WISHES, stop=("x",)))
    engine.add(1, GenerationRequest(PROMPT, WISHES, top_logprobs=1))
    engine.step()
    engine.cancel(0)
    assert {event.request_id for event in engine.step()} == {1}
