"""What a step of each optimiser costs at the default shape, beside PyTorch's other ways to make it.

`python tests/bench/bench_optimizers.py`. Every contestant has a model of its own, sharded by FSDP2 over one worker as
a stage's is (`--whole`: not at all), and takes the same batches of 1,024 tokens in bf16, step by step in turns, so
that all meet the same noise. Medians over the steps; the ratio is tokens/s beside our AdamW. Where other processes
are busy, set GOMP_SPINCOUNT=10000 or `--threads 1`, or waiting threads eat each other's time.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch._C._distributed_c10d import HashStore

from components.base.validation import validate
from components.base.yaml import read_yaml
from components.model.build import Vocabulary, build_model
from components.model.config import ModelConfig
from components.optim.build import build_optimizer
from components.optim.clip import clip_gradients
from components.optim.config import OptimizationConfig
from components.optim.muon import find_hidden_matrices
from components.parallel.config import FsdpConfig
from components.parallel.fsdp import shard_model
from components.parallel.mesh import Mesh, build_mesh

BATCH, LENGTH = 4, 256
KINDS = ("adamw", "adafactor", "muon", "lion")
Builder = Callable[[nn.Module], torch.optim.Optimizer]


class Contestant:
    """One model with its optimiser, and the seconds of its steps: the optimiser's, and all."""

    def __init__(self, model: nn.Module, build: Builder) -> None:
        self.model, self.optimizer = model, build(model)
        self.own: list[float] = []
        self.whole: list[float] = []

    def step(self, ids: torch.Tensor) -> None:
        """One update."""
        start = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16):  # where FSDP gathers weights in it, nothing is left to cast
            loss = self.model(input_ids=ids, labels=ids, use_cache=False).loss
        loss.backward()
        clip_gradients(self.model, 1.0)
        ready = time.perf_counter()
        self.optimizer.step()
        done = time.perf_counter()
        self.optimizer.zero_grad(set_to_none=True)
        self.own.append(done - ready)
        self.whole.append(time.perf_counter() - start)


def choose(kind: str) -> Builder:
    """Our optimiser of this kind."""
    cfg: OptimizationConfig = validate(
        OptimizationConfig,
        {"learning_rate": 1e-3, "warmup_fraction": 0.0, "schedule": {"kind": "constant"}, "optimizer": {"kind": kind}}
        | {"weight_decay": 0.1, "clip_norm": 1.0},
        where=kind,
    )
    return lambda model: build_optimizer(model, cfg)


def choose_pytorchs_muon(model: nn.Module) -> torch.optim.Optimizer:
    """Hidden matrices by PyTorch's own, the others left out, which cost little."""
    return torch.optim.Muon(list(find_hidden_matrices(model)), lr=1e-3, adjust_lr_fn="match_rms_adamw")


def list_others() -> dict[str, Builder]:
    """PyTorch's other ways."""
    return {
        "adamw, foreach": lambda model: torch.optim.AdamW(model.parameters(), lr=1e-3, foreach=True),
        "muon of PyTorch": choose_pytorchs_muon,
        "adamw, a loop": lambda model: torch.optim.AdamW(model.parameters(), lr=1e-3, foreach=False),
    }


def make_mesh() -> Mesh:
    """Of one worker."""
    dist.init_process_group("gloo", store=HashStore(), rank=0, world_size=1)
    return build_mesh(FsdpConfig(kind="fsdp"))


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--whole", action="store_true", help="without FSDP")
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    params = read_yaml(Path("params.yaml"))
    shape: ModelConfig = validate(ModelConfig, params["pretrain"]["model"], where="pretrain.model")
    vocabulary = Vocabulary(params["tokens"]["vocab_size"], 0, 0)
    builders = {kind: choose(kind) for kind in KINDS} | list_others()
    mesh = None if chosen.whole else make_mesh()
    entered = {}
    for name, build in builders.items():
        model = build_model(shape, vocabulary, 0)
        if mesh:
            shard_model(model, mesh, param_dtype=torch.bfloat16)
        entered[name] = Contestant(model, build)
    for step in range(chosen.steps + 2):
        ids = torch.randint(1, vocabulary.size, (BATCH, LENGTH), generator=torch.Generator().manual_seed(step))
        for one in entered.values():
            one.step(ids)
    how = "whole" if chosen.whole else "sharded"
    print(f"{BATCH} x {LENGTH} tokens a step, {chosen.threads} threads, medians of {chosen.steps} steps, {how}")
    print(f"{'':20}{'optimiser, ms':>14}{'whole step, ms':>16}{'tokens/s':>10}{'ratio':>7}")
    first = next(iter(entered.values()))
    for name, one in entered.items():
        own, whole = statistics.median(one.own[2:]), statistics.median(one.whole[2:])
        ratio = statistics.median(a / b for a, b in zip(first.whole[2:], one.whole[2:], strict=True))
        print(f"{name:20}{1e3 * own:14.2f}{1e3 * whole:16.1f}{BATCH * LENGTH / whole:10,.0f}{ratio:7.2f}")


if __name__ == "__main__":
    main()
