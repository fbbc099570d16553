"""Decode and prefill of a 110 M-parameter Llama shape in fp32, bf16 and INT8: `python tests/bench/bench_int8.py`.

A shape where weights, not Python, are the cost.
"""

import copy
import sys

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from components.model.int8 import quantize_model
from components.quantize.config import SpeedConfig
from components.quantize.speed import Speed, measure_speed

LEAST_DECODE_SPEEDUP = 1.8
SHAPE = LlamaConfig(
    vocab_size=32_000,
    hidden_size=768,
    intermediate_size=2048,
    num_hidden_layers=12,
    num_attention_heads=12,
    num_key_value_heads=12,
    max_position_embeddings=1024,
    tie_word_embeddings=True,
)
SPEED = SpeedConfig(batch_size=1, prompt_tokens=256, decode_tokens=24, rounds=7)
SEED = 0


def run_bench(shape: LlamaConfig = SHAPE, speed: SpeedConfig = SPEED) -> dict[str, Speed]:
    """Measure random weights of a shape in fp32, bf16 and INT8 (embeddings too); alternating medians."""
    torch.manual_seed(SEED)
    model = LlamaForCausalLM(shape).eval()
    quantized = LlamaForCausalLM(shape)
    quantized.load_state_dict(model.state_dict())
    bf16 = copy.deepcopy(model).to(torch.bfloat16)
    int8 = quantize_model(quantized, embeddings=True)
    return measure_speed({"fp32": model, "bf16": bf16, "int8": int8}, speed, SEED)


def render_bench(speeds: dict[str, Speed]) -> str:
    """A table in Markdown: tokens per second, and the ratio to fp32."""
    fp32 = speeds["fp32"]
    rows = [
        f"| {name} | {s.decode_tokens_per_s:.1f} | {s.decode_tokens_per_s / fp32.decode_tokens_per_s:.2f}x "
        f"| {s.prefill_tokens_per_s:.0f} | {s.prefill_tokens_per_s / fp32.prefill_tokens_per_s:.2f}x |"
        for name, s in speeds.items()
    ]
    head = ["| weights | decode tokens/s | to fp32 | prefill tokens/s | to fp32 |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows])


def main() -> int:
    """Print the table; exit 1 when INT8 decodes less than 1.8 times as fast as fp32."""
    speeds = run_bench()
    print(render_bench(speeds))
    ratio = speeds["int8"].decode_tokens_per_s / speeds["fp32"].decode_tokens_per_s
    print(f"INT8 decodes {ratio:.2f} times as fast as fp32 (wanted: {LEAST_DECODE_SPEEDUP})")
    return int(ratio < LEAST_DECODE_SPEEDUP)


if __name__ == "__main__":
    sys.exit(main())
