"""Training speed of our causal decoder beside transformers' Llama, litgpt's and nanochat's model of equal shape.

`python tests/bench/bench_training.py --size 0.85M --mode eager`. Every model takes the same batches and the same
AdamW under bf16 autocast (nanochat casts for itself), in turns of a few steps, so that all meet the same noise.
With `--until 2.5` they train on the tokens artifact, each from its own initialisation, until held-out text costs them
so many nats a token; only training is timed.
litgpt and nanochat are no dependencies: put their folders on PYTHONPATH, and those that are there take part.
"""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM

from components.model.build import Vocabulary, build_model, count_parameters
from components.model.config import FeedForwardConfig, InitConfig, ModelConfig
from components.optim.build import build_optimizer
from components.optim.config import AdamWConfig, ConstantConfig, OptimizationConfig
from components.shards.order import batch_for_step, read_samples
from components.shards.reader import ShardSet
from components.text.tokenizer import load_tokenizer

THREADS = 2
TURN = 20
OPTIMIZATION = OptimizationConfig(
    learning_rate=2e-3,
    warmup_fraction=0.0,
    schedule=ConstantConfig(kind="constant"),
    optimizer=AdamWConfig(kind="adamw"),
    weight_decay=0.1,
    clip_norm=1.0,
)


class Size(NamedTuple):
    """Layers, width and heads; the feed-forward layer is three matrices of `inner` or as many weights."""

    layers: int
    width: int
    heads: int
    inner: int
    vocabulary: int


SIZES = {"0.85M": Size(4, 128, 4, 344, 512), "5M": Size(6, 256, 8, 688, 1024)}


class Contestant:
    """One model with its optimiser; `loss` maps inputs and targets [B, T] to a mean loss."""

    def __init__(
        self, name: str, model: nn.Module, loss: Callable[[Any, Tensor, Tensor], Tensor], autocast: bool
    ) -> None:
        self.name, self.model, self.loss, self.autocast = name, model, loss, autocast
        self.parameters = count_parameters(model)
        self.callable: Any = model
        self.optimizer = build_optimizer(model, OPTIMIZATION)
        self.rates: list[float] = []
        self.seconds, self.steps, self.held_out = 0.0, 0, float("inf")

    def step(self, batch: Tensor) -> float:
        """One update on texts [B, T + 1]."""
        with self._precision():
            loss = self.loss(self.callable, batch[:, :-1].contiguous(), batch[:, 1:].contiguous())
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return float(loss.detach())

    @torch.no_grad()
    def measure(self, batches: list[Tensor]) -> float:
        """Mean loss on held-out texts."""
        with self._precision():
            losses = [self.loss(self.callable, b[:, :-1].contiguous(), b[:, 1:].contiguous()) for b in batches]
        return float(torch.stack(losses).mean())

    def _precision(self) -> AbstractContextManager[Any]:
        return torch.autocast("cpu", torch.bfloat16) if self.autocast else nullcontext()


def make_ours(size: Size) -> Contestant:
    """Our decoder, with the options of a Llama."""
    shape = ModelConfig(
        architecture="causal_decoder",
        num_layers=size.layers,
        hidden_size=size.width,
        num_heads=size.heads,
        num_kv_heads=size.heads,
        max_positions=512,
        feed_forward=FeedForwardConfig(width=size.inner * 3 // 2),
        tie_embeddings=False,
        init=InitConfig(std=0.06),
    )
    model = build_model(shape, Vocabulary(size.vocabulary, 0, 0), seed=0)

    def loss(call: Any, inputs: Tensor, targets: Tensor) -> Tensor:
        total: Tensor = call(input_ids=inputs, shift_labels=targets, skip_logits=True, use_cache=False).loss
        return total

    return Contestant("ours", model, loss, autocast=True)


def make_llama(size: Size) -> Contestant:
    """Transformers' Llama, with its own loss."""
    config = LlamaConfig(
        vocab_size=size.vocabulary,
        hidden_size=size.width,
        intermediate_size=size.inner,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        max_position_embeddings=512,
        tie_word_embeddings=False,
    )

    def loss(call: Any, inputs: Tensor, targets: Tensor) -> Tensor:
        total: Tensor = call(input_ids=inputs, labels=targets, shift_labels=targets, use_cache=False).loss
        return total

    return Contestant("transformers", LlamaForCausalLM(config), loss, autocast=True)


def make_litgpt(size: Size) -> Contestant:
    """litgpt's GPT in its Llama form."""
    from litgpt.config import Config
    from litgpt.model import GPT

    config = Config(
        block_size=512,
        padded_vocab_size=size.vocabulary,
        n_layer=size.layers,
        n_head=size.heads,
        n_embd=size.width,
        rotary_percentage=1.0,
        parallel_residual=False,
        bias=False,
        norm_class_name="RMSNorm",
        mlp_class_name="LLaMAMLP",
        intermediate_size=size.inner,
    )
    model = GPT(config)
    model.apply(model._init_weights)
    return Contestant("litgpt", model, _cross_entropy, autocast=True)


def make_nanochat(size: Size) -> Contestant:
    """nanochat's GPT with full attention; its embeddings of values come on top of the shape."""
    os.environ["NANOCHAT_DTYPE"] = "bfloat16"
    from nanochat.gpt import GPT, GPTConfig

    config = GPTConfig(
        sequence_len=512,
        vocab_size=size.vocabulary,
        n_layer=size.layers,
        n_head=size.heads,
        n_kv_head=size.heads,
        n_embd=size.width,
        window_pattern="L",
    )
    model = GPT(config)
    model.init_weights()
    return Contestant("nanochat", model, lambda call, x, y: call(x, y), autocast=False)


def _cross_entropy(call: Any, inputs: Tensor, targets: Tensor) -> Tensor:
    logits = call(inputs)
    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


def gather_contestants(size: Size) -> list[Contestant]:
    """Ours first, then those peers that can be imported."""
    found = [make_ours(size), make_llama(size)]
    for make in (make_litgpt, make_nanochat):
        torch.manual_seed(0)
        try:
            found.append(make(size))
        except ImportError as error:
            print(f"{make.__name__.removeprefix('make_')} takes no part: {error}", file=sys.stderr)
    return found


def race(contestants: list[Contestant], batches: Tensor, rounds: int, steps: int) -> None:
    """Turns of a few steps each; the order is turned round every time."""
    tokens = steps * batches.shape[1] * (batches.shape[2] - 1)
    for number in range(rounds):
        turn = contestants if number % 2 == 0 else contestants[::-1]
        for one in turn:
            start = time.perf_counter()
            for i in range(steps):
                one.step(batches[(number * steps + i) % len(batches)])
            one.rates.append(tokens / (time.perf_counter() - start))


def race_to_loss(contestants: list[Contestant], tokens: Path, target: float, batch: int, length: int) -> None:
    """Turns of twenty steps each on real text, until each has reached the target."""
    train, held_out = ShardSet(tokens, "train"), ShardSet(tokens, "validation")
    texts = [read_samples(held_out, range(start, start + 16), length) for start in (0, 16)]
    measured = [torch.from_numpy(rows) for rows in texts]
    for first in range(0, 4000, TURN):
        waiting = [one for one in contestants if one.held_out > target]
        if not waiting:
            return
        rows = [torch.from_numpy(batch_for_step(train, first + i, batch, length, 0, 0, 1)) for i in range(TURN)]
        for one in waiting:
            start = time.perf_counter()
            for row in rows:
                one.step(row)
            one.seconds, one.steps = one.seconds + time.perf_counter() - start, one.steps + TURN
            one.held_out = one.measure(measured)


def print_times(contestants: list[Contestant], target: float) -> None:
    """Seconds and steps to the target, and each peer's time over ours."""
    print(f"\nuntil {target} nats a token on held-out text")
    print(f"{'':14}{'parameters':>12}{'steps':>7}{'seconds':>9}{'its / ours':>12}")
    for one in contestants:
        ratio = one.seconds / contestants[0].seconds
        print(f"{one.name:14}{one.parameters:12,}{one.steps:7}{one.seconds:9.1f}{ratio:12.2f}")


def main() -> None:
    """Print a table: parameters, tokens/s, and our rate over each peer's, as medians over rounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=SIZES, default="0.85M")
    parser.add_argument("--mode", choices=("eager", "compiled"), default="eager")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--steps", type=int, default=4, help="steps of one turn")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--length", type=int, default=256)
    parser.add_argument("--until", type=float, help="train on real text until this held-out loss")
    parser.add_argument("--tokens", type=Path, default=Path("artifacts/tokens"), help="for --until")
    chosen = parser.parse_args()
    torch.set_num_threads(THREADS)
    size = SIZES[chosen.size]
    if chosen.until is not None:
        size = size._replace(vocabulary=len(load_tokenizer(chosen.tokens / "tokenizer")))
    drawn = np.random.default_rng(0).integers(0, size.vocabulary, (8, chosen.batch, chosen.length + 1))
    batches = torch.from_numpy(drawn)
    contestants = gather_contestants(size)
    for one in contestants:
        start = time.perf_counter()
        if chosen.mode == "compiled":
            one.callable = torch.compile(one.model)
        if chosen.until is None:  # else what compiling takes is part of the time
            for i in range(2):
                one.step(batches[i])
        print(f"{one.name}: ready after {time.perf_counter() - start:.1f} s", file=sys.stderr)
    if chosen.until is not None:
        race_to_loss(contestants, chosen.tokens, chosen.until, chosen.batch, chosen.length)
        print_times(contestants, chosen.until)
        return
    race(contestants, batches, chosen.rounds, chosen.steps)
    print(f"\n{chosen.size}, {chosen.mode}, {chosen.batch} x {chosen.length} tokens a step, {THREADS} threads")
    print(f"{'':14}{'parameters':>12}{'tokens/s':>10}{'ours / it':>11}")
    for one in contestants:
        ratio = statistics.median(a / b for a, b in zip(contestants[0].rates, one.rates, strict=True))
        print(f"{one.name:14}{one.parameters:12,}{statistics.median(one.rates):10,.0f}{ratio:11.2f}")


if __name__ == "__main__":
    main()
