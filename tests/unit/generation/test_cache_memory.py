"""Memory for keys and values: what texts need, under a budget, and never a bit of difference in the answers."""

from typing import Any

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from components.generation.blocks import BLOCK_TOKENS
from components.generation.cache import GROWTH
from components.generation.engine import Engine
from components.generation.offline import generate
from components.generation.request import GenerationRequest
from components.generation.sampling import SamplingParams

CONTEXT, SLOTS = 4096, 32
LAYERS, HEADS, WIDTH = 2, 2, 8
TOKEN_BYTES = 2 * LAYERS * HEADS * WIDTH * 4
"""Keys and values of one token, in float32."""


@pytest.fixture(scope="module")
def model() -> Any:
    torch.manual_seed(3)
    config = LlamaConfig(
        vocab_size=64,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        num_key_value_heads=HEADS,
        max_position_embeddings=CONTEXT,
        initializer_range=0.3,
    )
    return LlamaForCausalLM(config).eval()


def ask(engine: Engine, lengths: list[int], answer: int) -> tuple[dict[int, list[int]], int]:
    """Tokens of every answer, and the most answers that ran at one time."""
    for index, length in enumerate(lengths):
        prompt = [1 + (index + n) % 60 for n in range(length)]
        engine.add(index, GenerationRequest(prompt, SamplingParams(answer, 0.8, seed=index)))
    said: dict[int, list[int]] = {}
    most = 0
    while not engine.idle:
        for event in engine.step():
            said.setdefault(event.request_id, []).append(event.token_id)
        most = max(most, int(engine._rows.alive.sum()))
    return said, most


def make_engine(model: Any, cache_bytes: int | None = None) -> Engine:
    return Engine(model, end_token_ids=(), max_slots=SLOTS, max_len=CONTEXT, cache_bytes=cache_bytes)


def test_memory_is_what_texts_need_and_not_slots_times_context(model: Any) -> None:
    engine = make_engine(model)
    assert engine.reserved_bytes == 0
    said, most = ask(engine, [10, 20, 40, 70], answer=30)
    assert (len(said), most) == (4, 4)
    blocks = 2 + 2 + 3 + 4
    assert engine.reserved_bytes <= GROWTH * (blocks + 1) * BLOCK_TOKENS * TOKEN_BYTES
    assert engine.reserved_bytes < SLOTS * CONTEXT * TOKEN_BYTES / 200


def test_blocks_are_used_again(model: Any) -> None:
    engine = make_engine(model)
    ask(engine, [40] * 8, answer=20)
    reserved = engine.reserved_bytes
    for _ in range(3):
        ask(engine, [40] * 8, answer=20)
    assert engine.reserved_bytes == reserved


def test_a_small_budget_answers_all_in_turn_with_the_same_tokens(model: Any) -> None:
    lengths = [5, 100, 33, 64, 1, 31, 32, 90, 12, 70]
    free, most_free = ask(make_engine(model), lengths, answer=40)
    budget = 6 * BLOCK_TOKENS * TOKEN_BYTES
    engine = make_engine(model, budget)
    said, most = ask(engine, lengths, answer=40)
    assert said == free
    assert most < most_free == len(lengths)
    assert engine.reserved_bytes <= budget + BLOCK_TOKENS * TOKEN_BYTES, "one block more stands for none"


def test_a_request_that_can_never_fit_is_refused_with_the_numbers(model: Any) -> None:
    engine = make_engine(model, 4 * BLOCK_TOKENS * TOKEN_BYTES)
    engine.add(0, GenerationRequest([1] * 100, SamplingParams(28)))
    with pytest.raises(ValueError, match="100 tokens and an answer of up to 29 can never fit in a cache of 128 tokens"):
        engine.add(1, GenerationRequest([1] * 100, SamplingParams(29)))


def test_one_that_waits_for_room_is_not_overtaken(model: Any) -> None:
    engine = make_engine(model, 4 * BLOCK_TOKENS * TOKEN_BYTES)
    first: list[int] = []
    for index, length in enumerate([60, 100, 3]):
        engine.add(index, GenerationRequest([1] * length, SamplingParams(20)))
    while not engine.idle:
        first += [event.request_id for event in engine.step() if event.request_id not in first]
    assert first == [0, 1, 2]


def test_offline_texts_share_a_budget_too_and_one_always_runs(model: Any) -> None:
    prompts = [[1 + n] * (20 + 9 * n) for n in range(8)]

    def run(**changes: Any) -> list[list[int]]:
        found = generate(model, prompts, SamplingParams(40), end_token_ids=(), what=None, **changes)
        return [completion.token_ids for completion in found]

    assert run(cache_bytes=1) == run()


def test_what_a_cancelled_request_held_is_given_back(model: Any) -> None:
    engine = make_engine(model, 4 * BLOCK_TOKENS * TOKEN_BYTES)
    engine.add(0, GenerationRequest([1] * 100, SamplingParams(28)))
    engine.add(1, GenerationRequest([2] * 100, SamplingParams(28)))
    engine.step()
    engine.cancel(0)
    assert {event.request_id for event in engine.step()} == {1}
