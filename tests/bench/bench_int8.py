"""Decode and prefill of a 110 M-parameter Llama shape in fp32, bf16 and INT8: `python tests/bench/bench_int8.py`."""

import sys

from components.quantize.bench import render_bench, run_bench

LEAST_DECODE_SPEEDUP = 1.8


def main() -> int:
    """Print the table; exit 1 when INT8 decodes less than 1.8 times as fast as fp32."""
    speeds = run_bench()
    print(render_bench(speeds))
    ratio = speeds["int8"].decode_tokens_per_s / speeds["fp32"].decode_tokens_per_s
    print(f"INT8 decodes {ratio:.2f} times as fast as fp32 (wanted: {LEAST_DECODE_SPEEDUP})")
    return int(ratio < LEAST_DECODE_SPEEDUP)


if __name__ == "__main__":
    sys.exit(main())
