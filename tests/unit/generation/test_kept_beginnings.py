"""Prompts that begin alike: the beginning is read once, and nobody's answer shows it."""

import warnings
from typing import Any

import numpy as np
import pytest

from components.generation.blocks import BLOCK_TOKENS
from components.generation.completion import Completion
from components.generation.engine import Engine
from components.generation.offline import generate
from components.generation.probe import probe_model
from components.generation.request import GenerationRequest
from components.generation.sampling import SamplingParams
from components.model.int8 import quantize_model
from tests.unit.generation.test_families import read_greedily
from tests.unit.generation.tiny_families import build_tiny
from tests.unit.generation.tiny_llama import make_llama

SHARING = (
    "llama",
    "mistral",
    "qwen2",
    "gemma2",
    "gemma3_text",
    "phi3",
    "starcoder2",
    "gpt_oss",
    "opt",
    "gpt2",
    "cohere2",
)
BEGINNING = 5 * BLOCK_TOKENS


def make_prompts(count: int, beginning: int = BEGINNING, vocabulary: int = 50) -> list[list[int]]:
    """Prompts of unequal lengths behind one beginning."""
    rng = np.random.default_rng(1)
    shots = rng.integers(1, vocabulary, beginning).tolist()
    return [[*shots, *rng.integers(1, vocabulary, 3 + 5 * n).tolist()] for n in range(count)]


def count_read(model: Any) -> tuple[list[int], Any]:
    """A list that gets the tokens of every forward that reads more than one a row, and what ends that."""
    read: list[int] = []

    def note(_: Any, __: Any, inputs: dict[str, Any]) -> None:
        if inputs["input_ids"].shape[1] > 1:
            read.append(inputs["input_ids"].numel())

    return read, model.register_forward_pre_hook(note, with_kwargs=True)


@pytest.mark.slow
@pytest.mark.parametrize("family", SHARING)
def test_answers_behind_a_kept_beginning_are_those_of_plain_forwards(family: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = build_tiny(family)
        prompts = make_prompts(4, beginning=40)
        prompts.append([*prompts[0]])
        generate(model, prompts[:1], SamplingParams(2), end_token_ids=(), what=None)
        found = generate(model, prompts, SamplingParams(6), end_token_ids=(), max_slots=2, what=None)
        assert probe_model(model).shares_beginnings
        assert [c.token_ids for c in found] == [read_greedily(model, p, 6) for p in prompts]


def test_what_prompts_begin_with_is_read_once_however_many_follow() -> None:
    model, prompts = make_llama(None, context=512), make_prompts(12)
    engine = Engine(model, end_token_ids=(), max_slots=4, max_len=512)
    read, handle = count_read(model)
    for index, prompt in enumerate(prompts):
        engine.add(index, GenerationRequest(prompt, SamplingParams(4)))
    said: dict[int, Completion] = {}
    while not engine.idle:
        said |= dict(engine.finish_some())
    handle.remove()
    behind = sum(len(prompt) - BEGINNING for prompt in prompts)
    assert BEGINNING + behind <= sum(read) < 2 * BEGINNING + 2 * behind
    for index, prompt in enumerate(prompts):
        assert said[index].token_ids == read_greedily(model, prompt, 4)


def test_equal_prompts_hold_their_whole_blocks_together_and_go_on_apart() -> None:
    model, (prompt,) = make_llama(None, context=512), make_prompts(1)
    engine = Engine(model, end_token_ids=(), max_slots=8, max_len=512)
    wishes = [SamplingParams(40, temperature=1.0, seed=seed) for seed in range(8)]
    for seed, wish in enumerate(wishes):
        engine.add(seed, GenerationRequest(prompt, wish))
    said: dict[int, list[int]] = {}
    while not engine.idle:
        said |= {index: done.token_ids for index, done in engine.finish_some()}
        engine_bytes = engine.reserved_bytes
    alone = [generate(model, [prompt], wish, end_token_ids=(), what=None)[0].token_ids for wish in wishes]
    assert [said[seed] for seed in range(8)] == alone
    support = probe_model(model)
    apart = 8 * (len(prompt) + 40) * support.token_bytes
    assert engine_bytes < apart / 2


def test_a_server_knows_the_last_prompt_when_the_next_comes() -> None:
    model, (first, second) = make_llama(None, context=512), make_prompts(2)
    engine = Engine(model, end_token_ids=(), max_slots=2, max_len=512, cache_bytes=1 << 24, keep_idle=True)
    read, handle = count_read(model)
    for index, prompt in enumerate((first, second)):
        engine.add(index, GenerationRequest(prompt, SamplingParams(3)))
        while not engine.idle:
            engine.step()
    handle.remove()
    assert read == [len(first), len(second) - BEGINNING]


def test_a_cancelled_reader_leaves_the_others_their_beginning() -> None:
    model, prompts = make_llama(None, context=512), make_prompts(3)
    engine = Engine(model, end_token_ids=(), max_slots=3, max_len=512)
    for index, prompt in enumerate(prompts):
        engine.add(index, GenerationRequest(prompt, SamplingParams(12)))
    said: dict[int, list[int]] = {}
    for step in range(12):
        for event in engine.step():
            said.setdefault(event.request_id, []).append(event.token_id)
        if step == 2:
            engine.cancel(0)
            engine.add(9, GenerationRequest([7] * 100, SamplingParams(3)))
    while not engine.idle:
        for event in engine.step():
            said.setdefault(event.request_id, []).append(event.token_id)
    assert [said[1], said[2]] == [read_greedily(model, prompt, 12) for prompt in prompts[1:]]
    assert said[9] == read_greedily(model, [7] * 100, 3)


def test_int8_reads_behind_a_beginning_what_it_reads_whole() -> None:
    model, prompts = quantize_model(make_llama(None, context=512), embeddings=True), make_prompts(6)
    together = generate(model, prompts, SamplingParams(8), end_token_ids=(), what=None)
    apart = [generate(model, [prompt], SamplingParams(8), end_token_ids=(), what=None)[0] for prompt in prompts]
    assert [c.token_ids for c in together] == [c.token_ids for c in apart]


def test_a_prompt_as_long_as_its_known_beginning_still_has_a_token_to_read() -> None:
    model = make_llama(None, context=512)
    engine = Engine(model, end_token_ids=(), max_slots=1, max_len=512, cache_bytes=1 << 24, keep_idle=True)
    prompt = make_prompts(1)[0][:BEGINNING]
    for index in range(2):
        engine.add(index, GenerationRequest(prompt, SamplingParams(3)))
        said = []
        while not engine.idle:
            said += [event.token_id for event in engine.step()]
        assert said == read_greedily(model, prompt, 3)


def test_prompts_that_begin_alike_are_no_reason_to_read_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.generation.engine.PREFILL_TOKENS", 2 * BEGINNING)
    model, prompts = make_llama(None, context=512), make_prompts(10)
    read, handle = count_read(model)
    generate(model, prompts, SamplingParams(2), end_token_ids=(), what=None)
    handle.remove()
    assert max(read) <= 2 * BEGINNING


def test_what_is_known_already_leaves_room_for_more_prompts_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.generation.engine.PREFILL_TOKENS", 2 * BEGINNING)
    model, prompts = make_llama(None, context=512), make_prompts(6)
    engine = Engine(model, end_token_ids=(), max_slots=8, max_len=512)
    engine.add(0, GenerationRequest(prompts[0], SamplingParams(20)))
    engine.step()
    read, handle = count_read(model)
    for index, prompt in enumerate(prompts[1:], start=1):
        engine.add(index, GenerationRequest(prompt, SamplingParams(2)))
    engine.step()
    handle.remove()
    assert read == [5 * (len(prompts[5]) - BEGINNING)]
