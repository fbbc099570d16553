"""The engine beside the field's own ways of answering, on SmolLM2's shape: `python tests/bench/bench_generation.py`.

Answers of unequal length in float32, beside transformers' `generate` in batches as wide as the engine; and INT8 at
equal lengths beside CTranslate2's, where that is installed (pip install ctranslate2). Sides alternate; medians and
the median round's ratio are printed, for a busy machine slows both sides of a round.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from components.generation.engine import Engine
from components.generation.offline import generate
from components.generation.request import GenerationRequest
from components.generation.sampling import SamplingParams
from components.model.int8 import quantize_model

SHAPE = LlamaConfig(
    vocab_size=49_152,
    hidden_size=576,
    intermediate_size=1536,
    num_hidden_layers=30,
    num_attention_heads=9,
    num_key_value_heads=3,
    max_position_embeddings=2048,
    tie_word_embeddings=True,
)
SLOTS, REQUESTS, PROMPT_TOKENS = 32, 96, 64
MEDIAN_TOKENS, SPREAD, LONGEST_TOKENS = 100, 0.5, 320
"""Of answers in GSM8K, about: a tenth is shorter than 53 tokens, and a tenth longer than 190."""
EQUAL_TOKENS = 32
BATCHES = (1, 8, 32)
SEED = 0


def draw_lengths(count: int) -> list[int]:
    """Answer lengths as unequal as those of worked solutions."""
    drawn = np.random.default_rng(SEED).lognormal(np.log(MEDIAN_TOKENS), SPREAD, count)
    return [int(length) for length in np.clip(drawn, 8, LONGEST_TOKENS)]


def draw_prompts(count: int, vocabulary: int) -> list[list[int]]:
    """Prompts of one length, so that neither side pads."""
    drawn: list[list[int]] = np.random.default_rng(SEED).integers(3, vocabulary, (count, PROMPT_TOKENS)).tolist()
    return drawn


def run_engine(model: LlamaForCausalLM, prompts: list[list[int]], lengths: list[int]) -> None:
    """Every request through one engine."""
    sampling = [SamplingParams(length) for length in lengths]
    generate(model, prompts, sampling, end_token_ids=(), max_slots=SLOTS, what=None)


def run_transformers(model: LlamaForCausalLM, prompts: list[list[int]], lengths: list[int]) -> None:
    """The same in batches, each as long as its longest answer."""
    for start in range(0, len(prompts), SLOTS):
        ids = torch.tensor(prompts[start : start + SLOTS])
        longest = max(lengths[start : start + SLOTS])
        model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=longest, min_new_tokens=longest, do_sample=False
        )


def compare(sides: Mapping[str, Callable[[], None]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each side in each round, in turns; the first round warms up."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    for round_ in range(rounds + 1):
        for name in list(sides) if round_ % 2 else list(sides)[::-1]:
            started = time.perf_counter()
            sides[name]()
            times[name].append(time.perf_counter() - started)
    return {name: found[1:] for name, found in times.items()}


def describe(what: str, seconds: Mapping[str, list[float]]) -> str:
    """One line: medians, and how many times as long as the engine the other side took, in the median round."""
    (other,) = set(seconds) - {"engine"}
    medians = {name: statistics.median(found) for name, found in seconds.items()}
    ratio = statistics.median(b / a for a, b in zip(seconds["engine"], seconds[other], strict=True))
    return f"{what}: engine {medians['engine']:.2f} s, {other} {medians[other]:.2f} s, {ratio:.2f}x"


def decode(model: LlamaForCausalLM, prompts: list[list[int]]) -> None:
    """Equal answers, all at once."""
    engine = Engine(model, end_token_ids=(), max_slots=len(prompts), max_len=PROMPT_TOKENS + EQUAL_TOKENS + 1)
    for index, prompt in enumerate(prompts):
        engine.add(index, GenerationRequest(prompt, SamplingParams(EQUAL_TOKENS)))
    with torch.inference_mode():
        while not engine.idle:
            engine.finish_some()


@contextmanager
def open_ctranslate2(model: LlamaForCausalLM) -> Iterator[Callable[[list[list[int]]], None]]:
    """The same weights in CTranslate2's INT8, as a function that answers."""
    import ctranslate2
    from ctranslate2.converters import TransformersConverter
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(Path(folder) / "plain")
        words = {f"t{i}": i for i in range(SHAPE.vocab_size)}
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_object=Tokenizer(models.WordLevel(words, unk_token="t0")),
            unk_token="t0", bos_token="t1", eos_token="t2",
        )  # fmt: skip
        tokenizer.save_pretrained(Path(folder) / "plain")
        TransformersConverter(str(Path(folder) / "plain")).convert(str(Path(folder) / "int8"), quantization="int8")
        threads = torch.get_num_threads()
        generator = ctranslate2.Generator(str(Path(folder) / "int8"), intra_threads=threads, compute_type="int8")

        def answer(prompts: list[list[int]]) -> None:
            generator.generate_batch(
                [[f"t{i}" for i in prompt] for prompt in prompts],
                min_length=EQUAL_TOKENS, max_length=EQUAL_TOKENS, include_prompt_in_result=False,
                max_batch_size=len(prompts), sampling_topk=1,
            )  # fmt: skip

        yield answer


def main(rounds: int, threads: int) -> None:
    """Print one line for each comparison."""
    torch.set_num_threads(threads)
    torch.manual_seed(SEED)
    model = LlamaForCausalLM(SHAPE).eval()
    prompts, lengths = draw_prompts(REQUESTS, SHAPE.vocab_size), draw_lengths(REQUESTS)
    sides = {
        "transformers": lambda: run_transformers(model, prompts, lengths),
        "engine": lambda: run_engine(model, prompts, lengths),
    }
    told = f"{REQUESTS} answers of {min(lengths)} to {max(lengths)} tokens, {SLOTS} at once"
    print(describe(told, compare(sides, rounds)))
    if find_spec("ctranslate2") is None:
        print("CTranslate2 is not installed, so INT8 was not compared")
        return
    with open_ctranslate2(model) as answer:
        int8 = quantize_model(model, embeddings=True)
        for batch in BATCHES:
            some = draw_prompts(batch, SHAPE.vocab_size)
            pair = {"CTranslate2": partial(answer, some), "engine": partial(decode, int8, some)}
            print(describe(f"INT8, {batch} at once", compare(pair, 2 * rounds + 1)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parsed = parser.parse_args()
    main(parsed.rounds, parsed.threads)
