"""What it costs to answer by four engines instead of one on the same cores: `python tests/bench/bench_pool.py`.

Both are Ray actors that hold the whole model, so that queue, calls and processes are all that differs, and one turn of
each alternates with the other's. The model is Llama's shape at four layers 256 wide, the answers as unequal as GSM8K's.
Prints medians and their ratio: 1 means that four engines cost nothing.
"""

import argparse
import os
import statistics
import tempfile
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import ray
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from components.generation.pool import generate_answers
from components.generation.ray_pool import RayPool
from components.generation.sampling import SamplingParams
from components.runtime.cluster import InferenceClusterConfig
from components.runtime.folder import load_folder, save_model
from components.text.tokenizer import load_tokenizer
from tests.bench.bench_generation import draw_lengths, draw_prompts
from tests.tiny import make_tokenizer

REQUESTS = 512
LAYERS, WIDTH = 4, 256
CORES = os.cpu_count() or 1


def write_model(folder: Path) -> None:
    """Random weights, with a tokenizer of the tests."""
    torch.manual_seed(0)
    tokenizer = make_tokenizer()
    shape = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=WIDTH, intermediate_size=3 * WIDTH, num_hidden_layers=LAYERS,
        num_attention_heads=4, num_key_value_heads=4, max_position_embeddings=512, tie_word_embeddings=True,
    )  # fmt: skip
    save_model(LlamaForCausalLM(shape), tokenizer, folder)


def open_engines(folder: Path, engines: int) -> RayPool:
    """So many engines, which share the cores."""
    told = InferenceClusterConfig(engines=engines, threads_per_engine=max(1, CORES // engines))
    return RayPool(partial(load_folder, folder, "float32"), load_tokenizer(folder), told)


def main(turns: int) -> None:
    """One line: seconds of each, and the ratio."""
    with tempfile.TemporaryDirectory() as name, ray.init(address="local", num_cpus=5, include_dashboard=False):
        folder = Path(name) / "model"
        write_model(folder)
        # Past every end token, so that an answer is as long as it was drawn.
        sampling = [SamplingParams(length, temperature=1.0, seed=i) for i, length in enumerate(draw_lengths(REQUESTS))]
        prompts = draw_prompts(REQUESTS, 256)
        with closing(open_engines(folder, 1)) as one, closing(open_engines(folder, 4)) as four:
            times: dict[int, list[float]] = {1: [], 4: []}
            for _ in range(turns + 1):
                for engines, pool in ((1, one), (4, four)):
                    started = time.perf_counter()
                    generate_answers(pool, prompts, sampling, what="")
                    times[engines].append(time.perf_counter() - started)
    few, many = (statistics.median(found[1:]) for found in times.values())
    print(f"{REQUESTS} answers on {CORES} cores: one engine {few:.1f} s, four {many:.1f} s, {many / few:.2f}x")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=3)
    main(parser.parse_args().turns)
