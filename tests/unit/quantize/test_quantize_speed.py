"""Speed is measured in turns, on the same tokens, and the bench renders what it measured."""

import pytest
from transformers import LlamaConfig

from components.quantize import speed as speed_module
from components.quantize.config import SpeedConfig
from components.quantize.speed import Speed, measure_speed
from tests.bench.bench_int8 import render_bench, run_bench
from tests.tiny import make_model, make_tokenizer

SPEED = SpeedConfig(batch_size=2, prompt_tokens=8, decode_tokens=3, rounds=3)


def test_models_take_turns_and_the_median_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    model = make_model(make_tokenizer())
    turns: list[str] = []
    seconds = {"a": iter([99.0, 1.0, 2.0, 50.0]), "b": iter([99.0, 4.0, 4.0, 4.0])}
    models = {"a": model, "b": make_model(make_tokenizer())}

    def time_once(measured: object, prompts: object, decode_tokens: int) -> speed_module._Times:
        name = "a" if measured is model else "b"
        turns.append(name)
        return speed_module._Times(next(seconds[name]), 1.0)

    monkeypatch.setattr(speed_module, "_time_once", time_once)
    speeds = measure_speed(models, SPEED, seed=0)
    assert "".join(turns) == "baabbaab"
    assert speeds["a"].decode_tokens_per_s == 2 * 3 / 2.0
    assert speeds["b"].prefill_tokens_per_s == 2 * 8 / 1.0


def test_the_bench_compares_three_forms_of_one_model() -> None:
    shape = LlamaConfig(
        vocab_size=64, hidden_size=32, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
        tie_word_embeddings=True,
    )  # fmt: skip
    speeds = run_bench(shape, SPEED)
    assert list(speeds) == ["fp32", "bf16", "int8"]
    assert all(figure > 0 for speed in speeds.values() for figure in speed)


def test_the_table_shows_ratios_to_fp32() -> None:
    table = render_bench({"fp32": Speed(10.0, 100.0), "int8": Speed(25.0, 150.0)})
    assert "| int8 | 25.0 | 2.50x | 150 | 1.50x |" in table
