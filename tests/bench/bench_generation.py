"""The engine beside the field's own ways of answering, on SmolLM2's shape: `python tests/bench/bench_generation.py`.

Answers of unequal length in float32, beside transformers' `generate` in batches as wide as the engine; and INT8 at
equal lengths beside CTranslate2's, where that is installed (pip install ctranslate2). Sides alternate, each in a
process of its own: two libraries' threads in one process wait for each other. Medians and the median round's ratio are
printed, for a busy machine slows both sides of a round.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from multiprocessing import get_context
from multiprocessing.connection import Connection
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


def decode(model: LlamaForCausalLM, prompts: list[list[int]]) -> None:
    """Equal answers, all at once."""
    engine = Engine(model, end_token_ids=(), max_slots=len(prompts), max_len=PROMPT_TOKENS + EQUAL_TOKENS + 1)
    for index, prompt in enumerate(prompts):
        engine.add(index, GenerationRequest(prompt, SamplingParams(EQUAL_TOKENS)))
    with torch.inference_mode():
        while not engine.idle:
            engine.finish_some()


Work = Callable[[int], None]
"""Answers so many prompts."""


def build_model() -> LlamaForCausalLM:
    """The shape with random weights, the same in every process."""
    torch.manual_seed(SEED)
    return LlamaForCausalLM(SHAPE).eval()


def prepare_engine(_: Path) -> Work:
    """Unequal answers through our engine, in float32."""
    model = build_model()
    return lambda count: run_engine(model, draw_prompts(count, SHAPE.vocab_size), draw_lengths(count))


def prepare_transformers(_: Path) -> Work:
    """The same by the library's `generate`."""
    model = build_model()
    return lambda count: run_transformers(model, draw_prompts(count, SHAPE.vocab_size), draw_lengths(count))


def prepare_int8(_: Path) -> Work:
    """Equal answers of our INT8 model."""
    model = quantize_model(build_model(), embeddings=True)
    return lambda count: decode(model, draw_prompts(count, SHAPE.vocab_size))


def convert_model(folder: Path) -> None:
    """The same weights in CTranslate2's INT8."""
    from ctranslate2.converters import TransformersConverter
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    build_model().save_pretrained(folder / "plain")
    words = {f"t{i}": i for i in range(SHAPE.vocab_size)}
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel(words, unk_token="t0")),
        unk_token="t0", bos_token="t1", eos_token="t2",
    )  # fmt: skip
    tokenizer.save_pretrained(folder / "plain")
    TransformersConverter(str(folder / "plain")).convert(str(folder / "int8"), quantization="int8")


def prepare_ctranslate2(folder: Path) -> Work:
    """Equal answers of CTranslate2's."""
    import ctranslate2

    threads = torch.get_num_threads()
    generator = ctranslate2.Generator(str(folder / "int8"), intra_threads=threads, compute_type="int8")

    def answer(count: int) -> None:
        generator.generate_batch(
            [[f"t{i}" for i in prompt] for prompt in draw_prompts(count, SHAPE.vocab_size)],
            min_length=EQUAL_TOKENS, max_length=EQUAL_TOKENS, include_prompt_in_result=False,
            max_batch_size=count, sampling_topk=1,
        )  # fmt: skip

    return answer


PREPARE: Mapping[str, Callable[[Path], Work]] = {
    "engine": prepare_engine,
    "transformers": prepare_transformers,
    "INT8 engine": prepare_int8,
    "CTranslate2": prepare_ctranslate2,
}


def serve_side(name: str, folder: Path, threads: int, asked: Connection) -> None:
    """One side in this process: so many prompts come in, seconds go out, until None comes."""
    torch.set_num_threads(threads)
    work = PREPARE[name](folder)
    while (count := asked.recv()) is not None:
        started = time.perf_counter()
        work(count)
        asked.send(time.perf_counter() - started)


def compare(sides: Sequence[str], counts: Sequence[int], rounds: int, threads: int, folder: Path) -> None:
    """Print a line for each number of prompts: medians, and the second side's time over the first's, by rounds."""
    context = get_context("spawn")
    doors: dict[str, Connection] = {}
    for name in sides:
        doors[name], inner = context.Pipe()
        context.Process(target=serve_side, args=(name, folder, threads, inner), daemon=True).start()
    for count in counts:
        seconds: dict[str, list[float]] = {name: [] for name in sides}
        for round_ in range(rounds + 1):  # the first warms up
            for name in list(sides) if round_ % 2 else list(sides)[::-1]:
                doors[name].send(count)
                seconds[name].append(doors[name].recv())
        ours, theirs = (seconds[name][1:] for name in sides)
        ratio = statistics.median(b / a for a, b in zip(ours, theirs, strict=True))
        told = ", ".join(f"{name} {statistics.median(found[1:]):.2f} s" for name, found in seconds.items())
        print(f"{count} answers: {told}, {ratio:.2f}x", flush=True)
    for door in doors.values():
        door.send(None)


def main(rounds: int, threads: int) -> None:
    """Print one line for each comparison."""
    torch.set_num_threads(threads)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lengths = draw_lengths(REQUESTS)
        print(f"Answers of {min(lengths)} to {max(lengths)} tokens, {SLOTS} at once")
        compare(("engine", "transformers"), [REQUESTS], rounds, threads, folder)
        if find_spec("ctranslate2") is None:
            print("CTranslate2 is not installed, so INT8 was not compared")
            return
        convert_model(folder)
        print(f"INT8, {EQUAL_TOKENS} tokens each, all at once")
        compare(("INT8 engine", "CTranslate2"), BATCHES, 2 * rounds + 1, threads, folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parsed = parser.parse_args()
    main(parsed.rounds, parsed.threads)
