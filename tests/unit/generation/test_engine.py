"""The engine against transformers' own generate, and against itself in other company."""

from collections.abc import Sequence
from typing import Any

import pytest
import torch

from components.generation import engine as engine_module
from components.generation.completion import Completion
from components.generation.engine import Engine
from components.generation.offline import generate
from components.generation.request import GenerationRequest
from components.generation.sampling import SamplingParams
from components.model.int8 import quantize_model
from tests.unit.generation.tiny_llama import VOCAB, make_llama

EOS = 0


@pytest.fixture(scope="module")
def model() -> Any:
    return make_llama(EOS)


def make_prompts(count: int, longest: int = 12) -> list[list[int]]:
    generator = torch.Generator().manual_seed(count)
    lengths = torch.randint(1, longest, (count,), generator=generator).tolist()
    return [torch.randint(1, VOCAB, (n,), generator=generator).tolist() for n in lengths]


def reference(model: Any, prompt: Sequence[int], max_new_tokens: int) -> list[int]:
    ids = torch.tensor([prompt])
    out = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=max_new_tokens)
    found: list[int] = out[0, len(prompt) :].tolist()
    return found[:-1] if found[-1] == EOS else found


def drain(engine: Engine) -> dict[int, Completion]:
    tokens: dict[int, list[int]] = {}
    logprobs: dict[int, list[float]] = {}
    done: dict[int, Completion] = {}
    while not engine.idle:
        for event in engine.step():
            tokens.setdefault(event.request_id, []).append(event.token_id)
            logprobs.setdefault(event.request_id, []).append(event.logprob)
            if event.finish_reason:
                ids = tokens[event.request_id]
                kept = ids[:-1] if event.finish_reason == "stop" else ids
                done[event.request_id] = Completion(
                    kept,
                    logprobs[event.request_id],
                    event.finish_reason,
                    ids[-1] if event.finish_reason == "stop" else None,
                )
    return done


def test_greedy_equals_transformers_for_ragged_prompts(model: Any) -> None:
    prompts = make_prompts(23)
    found = generate(model, prompts, SamplingParams(24), end_token_ids=[EOS], max_slots=5)
    assert [c.token_ids for c in found] == [reference(model, p, 24) for p in prompts]
    assert {c.finish_reason for c in found} == {"stop", "length"}, "the case must cover both endings"


def test_sampled_text_does_not_depend_on_its_company(model: Any) -> None:
    prompts = make_prompts(17)
    wishes = [SamplingParams(20, temperature=0.9, top_p=0.9, seed=i) for i in range(17)]
    together = generate(model, prompts, wishes, end_token_ids=[EOS], max_slots=17)
    few_slots = generate(model, prompts, wishes, end_token_ids=[EOS], max_slots=3)
    alone = [generate(model, [p], w, end_token_ids=[EOS])[0].token_ids for p, w in zip(prompts, wishes, strict=True)]
    assert [c.token_ids for c in together] == [c.token_ids for c in few_slots] == alone


def test_seeds_differ_and_repeat(model: Any) -> None:
    prompt = [5, 9, 2]
    texts = [
        generate(model, [prompt], SamplingParams(12, temperature=1.0, seed=seed), end_token_ids=[EOS])[0].token_ids
        for seed in (1, 2, 1)
    ]
    assert texts[0] == texts[2] != texts[1]


def test_logprobs_equal_a_full_forward_and_include_eos(model: Any) -> None:
    prompts = make_prompts(12)
    wishes = [SamplingParams(24, temperature=0.7, seed=i) for i in range(12)]
    stopped = 0
    for prompt, done in zip(prompts, generate(model, prompts, wishes, end_token_ids=[EOS]), strict=True):
        tail = [*done.token_ids, EOS] if done.finish_reason == "stop" else done.token_ids
        stopped += done.finish_reason == "stop"
        with torch.no_grad():
            logits = model(torch.tensor([[*prompt, *tail]])).logits[0]
        expected = torch.log_softmax(logits, -1)[len(prompt) - 1 : -1].gather(1, torch.tensor(tail)[:, None])
        assert len(done.logprobs) == len(tail)
        assert torch.allclose(torch.tensor(done.logprobs), expected.squeeze(1), atol=1e-4)
    assert stopped > 0, "the case must cover EOS"


def test_equal_prompts_share_a_prefill_and_still_differ(model: Any) -> None:
    generate(model, [[4]], SamplingParams(1), end_token_ids=(EOS,))  # the model is tried when it is first met
    calls: list[int] = []
    handle = model.register_forward_pre_hook(
        lambda _, args, kwargs: calls.append(kwargs["input_ids"].shape[0]), with_kwargs=True
    )
    wishes = [SamplingParams(8, temperature=1.0, seed=i) for i in range(6)]
    found = generate(model, [[4, 7, 7, 1]] * 6, wishes, end_token_ids=[EOS])
    handle.remove()
    assert calls[0] == 1
    assert len({tuple(c.token_ids) for c in found}) > 1


def test_steps_and_whole_completions_agree(model: Any) -> None:
    prompts = make_prompts(9)
    engine = Engine(model, end_token_ids=[EOS], max_slots=4, max_len=64)
    for index, prompt in enumerate(prompts):
        engine.add(index, GenerationRequest(prompt, SamplingParams(15)))
    stepped = drain(engine)
    whole = generate(model, prompts, SamplingParams(15), end_token_ids=[EOS])
    assert [stepped[i].token_ids for i in range(9)] == [c.token_ids for c in whole]
    assert [stepped[i].finish_reason for i in range(9)] == [c.finish_reason for c in whole]


def test_a_cancelled_request_frees_its_slot_and_disturbs_nobody(model: Any) -> None:
    prompts = make_prompts(8)
    engine = Engine(model, end_token_ids=[EOS], max_slots=3, max_len=64)
    for index, prompt in enumerate(prompts):
        engine.add(index, GenerationRequest(prompt, SamplingParams(20)))
    engine.step()
    engine.step()
    engine.cancel(0)
    engine.cancel(6)
    engine.cancel(99)
    found = drain(engine)
    assert 0 not in found and 6 not in found
    for index in (3, 4, 5, 7):
        assert found[index].token_ids == reference(model, prompts[index], 20)


def test_requests_join_a_running_batch_and_slots_are_reused(model: Any) -> None:
    prompts = make_prompts(10)
    engine = Engine(model, end_token_ids=[EOS], max_slots=2, max_len=64)
    found: dict[int, Completion] = {}
    for index, prompt in enumerate(prompts):
        engine.add(index, GenerationRequest(prompt, SamplingParams(6)))
        found |= {e.request_id: Completion([], [], "stop") for e in engine.step() if e.finish_reason}
    found |= drain(engine)
    assert sorted(found) == list(range(10))
    assert engine.idle and engine.step() == []


@pytest.mark.parametrize(("prompt", "wanted", "room"), [([3] * 60, 30, 4), ([3] * 60, 4, 4), ([3] * 63, 2, 1)])
def test_context_ends_a_text_with_length(model: Any, prompt: list[int], wanted: int, room: int) -> None:
    (found,) = generate(model, [prompt], SamplingParams(wanted), end_token_ids=())
    assert (found.finish_reason, len(found.token_ids), len(found.logprobs)) == ("length", room, room)
    assert found.end_token_id is None
    stepped = Engine(model, end_token_ids=(), max_slots=1, max_len=64)
    stepped.add(0, GenerationRequest(prompt, SamplingParams(wanted)))
    assert drain(stepped)[0].finish_reason == "length"


def test_an_end_token_on_the_last_place_is_a_stop_and_no_length(model: Any) -> None:
    (free,) = generate(model, [[3] * 60], SamplingParams(4), end_token_ids=())
    last = free.token_ids[-1]
    first = free.token_ids.index(last)
    (found,) = generate(model, [[3] * 60], SamplingParams(first + 1), end_token_ids=(last,))
    assert (found.finish_reason, found.end_token_id) == ("stop", last)


@pytest.mark.parametrize("prompt", [[], [1] * 64])
def test_a_prompt_without_room_is_refused(model: Any, prompt: list[int]) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        generate(model, [prompt], SamplingParams(4), end_token_ids=[EOS])


def test_any_of_several_end_tokens_ends_an_answer_and_is_told(model: Any) -> None:
    prompt = make_prompts(1)[0]
    free = generate(model, [prompt], SamplingParams(24, temperature=1.0, seed=7), end_token_ids=())[0]
    assert (free.finish_reason, free.end_token_id, len(free.whole_ids)) == ("length", None, 24)
    for at in (3, 11):
        ends = {free.token_ids[at], VOCAB + 5}
        done = generate(model, [prompt], SamplingParams(24, temperature=1.0, seed=7), end_token_ids=ends)[0]
        first = free.token_ids.index(free.token_ids[at])
        assert (done.finish_reason, done.end_token_id) == ("stop", free.token_ids[at])
        assert done.token_ids == free.token_ids[:first]
        assert done.whole_ids == free.token_ids[: first + 1]
        assert done.logprobs == free.logprobs[: first + 1]


def test_int8_reads_prompts_some_at_a_time_and_equal_ones_once(monkeypatch: pytest.MonkeyPatch) -> None:
    int8 = quantize_model(make_llama(EOS), embeddings=True)
    prompts = [*make_prompts(9), *[[5] * 10] * 6]
    whole = generate(int8, prompts, SamplingParams(6), end_token_ids=[EOS], max_slots=len(prompts))
    monkeypatch.setattr(engine_module, "CACHED_PREFILL_TOKENS", 24)
    read: list[torch.Size] = []
    int8.register_forward_pre_hook(lambda _, __, inputs: read.append(inputs["input_ids"].shape), with_kwargs=True)
    some = generate(int8, prompts, SamplingParams(6), end_token_ids=[EOS], max_slots=len(prompts))
    assert [c.token_ids for c in some] == [c.token_ids for c in whole]
    prefills = [shape for shape in read if shape[1] > 1]
    assert len(prefills) > 1 and all(shape.numel() <= 24 for shape in prefills)
    # Six equal prompts of ten tokens would take three.
    assert sum(shape[0] for shape in prefills if shape[1] >= 10) <= 4
