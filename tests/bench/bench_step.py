"""What pretraining's own step costs beside a plain loop: same model, batches and optimiser, in turns.

`python tests/bench/bench_step.py` after `dvc repro tokens`. The plain loop is bf16 autocast over float32 weights, with
no mesh, no sharding and no figures, on the same rows with the same borders between documents; the stage's step is the
one that its workers run, on one worker, curve points included. Prints medians over turns and their ratio: 1 means that
the stage costs nothing.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.distributed as dist
from torch._C._distributed_c10d import HashStore

from components.model.capabilities import is_encoder_decoder
from components.model.training_loss import sum_training_loss
from components.optim.build import build_optimizer
from components.parallel.mesh import build_mesh
from components.pretrain.build import make_start
from components.pretrain.config import PretrainConfig
from components.pretrain.worker import Pretraining, PretrainInputs, PretrainJob, make_objective
from components.runtime.cluster import read_cluster
from components.runtime.job import RunPaths
from components.shards.borders import count_positions
from components.shards.order import batch_for_step
from components.shards.reader import ShardSet
from components.text.tokenizer import load_tokenizer
from components.training.loop import Interval
from pipelines.params import read_params

THREADS = 2
TURN = 20


def make_plain_step(cfg: PretrainConfig, tokens: Path, seed: int) -> Callable[[int], None]:
    """One step of a loop as anyone would write it."""
    tokenizer = load_tokenizer(tokens / "tokenizer")
    model, train_set = make_start(cfg, tokenizer, seed).model.train(), ShardSet(tokens, "train")
    optimizer = build_optimizer(model, cfg.training.optimization)
    sequences = cfg.training.global_batch_tokens // cfg.training.seq_len

    def step(number: int) -> None:
        ids = batch_for_step(train_set, number, sequences, cfg.training.seq_len, seed, 0, 1)
        rows = torch.from_numpy(ids)
        batch = {"input_ids": rows[:, :-1].contiguous(), "shift_labels": rows[:, 1:].contiguous()}
        if cfg.training.separate_documents:
            positions = count_positions(ids[:, :-1], tokenizer.eos_token_id)
            batch["position_ids"] = torch.from_numpy(positions)
        with torch.autocast("cpu", torch.bfloat16):
            loss = sum_training_loss(model, batch) / batch["shift_labels"].numel()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), cfg.training.optimization.clip_norm)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return step


def make_stage_step(cfg: PretrainConfig, tokens: Path, seed: int, folder: Path) -> Callable[[int], None]:
    """One step of the stage's worker, with a curve's point at the end of each turn."""
    job = PretrainJob(
        "pretrain", cfg, seed, PretrainInputs(tokens), 1_000_000, RunPaths(folder, folder), read_cluster().train
    )
    tokenizer = load_tokenizer(tokens / "tokenizer")
    model, mesh = make_start(cfg, tokenizer, seed).model, build_mesh(job.cluster.parallel)
    trainee = Pretraining(
        job,
        model,
        mesh,
        make_objective(cfg, tokenizer, seed, encoder_decoder=is_encoder_decoder(model.config)),
        train_set=ShardSet(tokens, "train"),
        validation_set=ShardSet(tokens, "validation"),
        seed=seed,
    )
    trainee.begin(0)

    def step(number: int) -> None:
        trainee.update(number + 1)
        if (number + 1) % TURN == 0:
            trainee.read_figures(number + 1, Interval(TURN, 1.0), validate=False)

    return step


def main() -> None:
    """Print tokens/s of both, and the stage's over the plain loop's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=Path, default=Path("artifacts/tokens"))
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--threads", type=int, default=THREADS)
    chosen = parser.parse_args()
    torch.set_num_threads(chosen.threads)
    dist.init_process_group("gloo", store=HashStore(), rank=0, world_size=1)
    params = read_params()
    cfg, seed = params.pretrain, params.shared.seed
    assert not hasattr(cfg, "target"), "a stage of the user's own has no step that is known here"
    rates: dict[str, list[float]] = {"plain": [], "stage": []}
    with tempfile.TemporaryDirectory() as folder:
        steps = {
            "plain": make_plain_step(cfg, chosen.tokens, seed),
            "stage": make_stage_step(cfg, chosen.tokens, seed, Path(folder)),
        }
        for turn in range(chosen.turns + 1):
            for name in sorted(steps, reverse=turn % 2 == 1):
                start = time.perf_counter()
                for i in range(TURN):
                    steps[name](turn * TURN + i)
                if turn:  # the first turn warms up
                    rates[name].append(TURN * cfg.training.global_batch_tokens / (time.perf_counter() - start))
    dist.destroy_process_group()
    medians = {name: statistics.median(values) for name, values in rates.items()}
    for name, rate in medians.items():
        print(f"{name:8}{rate:10,.0f} tokens/s")
    print(f"stage / plain: {medians['stage'] / medians['plain']:.3f}")


if __name__ == "__main__":
    main()
