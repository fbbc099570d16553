"""Every optimiser over sharded weights: two workers walk the path of one, and each resumes to the bit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.tensor import distribute_tensor
from torch.multiprocessing.spawn import spawn

from components.base.files import read_json, write_json
from components.optim.build import build_optimizer, set_learning_rates
from components.optim.muon import orthogonalize, orthogonalize_whole
from components.parallel.config import FsdpConfig
from components.parallel.fsdp import find_whole, shard_model
from components.parallel.mesh import Mesh, build_mesh
from components.runtime.checkpoint import Checkpointer
from tests.shapes import draw_ids, make_model, make_optimization

pytestmark = pytest.mark.slow

TOLERANCES = {"adamw": 1e-5, "adafactor": 1e-5, "lion": 1e-5, "muon": 1e-3}
"""Relative, of a loss; Muon's orthogonal matrices are rounded to bfloat16."""
# Three experts and one key head are cut unevenly by two.
OPTIONS: dict[str, Any] = {"feed_forward": {"kind": "top2", "width": 48, "experts": 3}, "num_kv_heads": 1, "bias": True}
STEPS, HALF, SEQUENCES = 6, 3, 4
MATRICES = [(2, 5, 8), (3, 9, 4), (1, 4, 4)]


def write_walks(rank: int, world: int, folder: Path) -> None:
    """What a worker does: a walk of each optimiser, written by the first one."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{folder}/store", rank=rank, world_size=world)
    mesh = build_mesh(FsdpConfig(kind="fsdp"))
    walks = {kind: _walk(kind, mesh, folder / kind) for kind in TOLERANCES}
    gaps = [_compare_orthogonal(shape, mesh) for shape in MATRICES]
    if rank == 0:
        write_json(folder / "walks.json", {"walks": walks, "gaps": gaps})
    dist.destroy_process_group()


def _walk(kind: str, mesh: Mesh, folder: Path) -> dict[str, Any]:
    """Losses of an uninterrupted run, and whether a run that goes on from its middle ends at the same weights."""
    cfg = make_optimization(
        weight_decay=0.1,
        optimizer={"kind": kind},
        warmup_fraction=0.3,
        schedule={"kind": "linear", "final_lr_fraction": 0.1},
    )

    def begin() -> tuple[nn.Module, Callable[[int], float], torch.optim.Optimizer]:
        model = shard_model(make_model(**OPTIONS), mesh)
        optimizer = build_optimizer(model, cfg)

        def step(number: int) -> float:
            set_learning_rates(optimizer, cfg, number, STEPS)
            ids = draw_ids(SEQUENCES, 16, seed=number).chunk(mesh.data_world)[mesh.data_rank]
            loss = model(input_ids=ids, labels=ids).loss
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            return float(mesh.sum_losses(loss.detach().clone())) / mesh.data_world

        return model, step, optimizer

    saver = Checkpointer(folder, every_s=3600)
    model, step, optimizer = begin()
    losses = [step(number) for number in range(1, HALF + 1)]
    saver.save(HALF, model, optimizer, {})
    saver.finish()
    losses += [step(number) for number in range(HALF + 1, STEPS + 1)]
    mesh.wait_for_all()  # the first worker has marked the checkpoint
    resumed, step, optimizer = begin()
    assert Checkpointer(folder, every_s=3600).restore(resumed, optimizer, {}) == HALF
    again = [step(number) for number in range(HALF + 1, STEPS + 1)]
    other = resumed.state_dict()
    equal = [torch.equal(find_whole(value), find_whole(other[name])) for name, value in model.state_dict().items()]
    same = again == losses[HALF:] and all(equal)
    return {"losses": losses, "resumes": same}


def _compare_orthogonal(shape: tuple[int, ...], mesh: Mesh) -> float:
    """Largest gap between what workers make orthogonal together and what one does alone, [N, A, B]."""
    assert mesh.shard_mesh is not None
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    parts = [distribute_tensor(matrix, mesh.shard_mesh) for matrix in matrices]
    local = torch.stack([part.to_local() for part in parts])
    expected = [distribute_tensor(matrix, mesh.shard_mesh).to_local() for matrix in orthogonalize(matrices, 5)]
    gap = (orthogonalize_whole(local, parts[0], 5) - torch.stack(expected)).abs()
    return float(gap.max()) if gap.numel() else 0.0


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Any]:
    folders = {world: tmp_path_factory.mktemp(f"of_{world}") for world in (1, 2)}
    for world, folder in folders.items():
        spawn(write_walks, (world, folder), nprocs=world)  # type: ignore[no-untyped-call]
    return {world: read_json(folder / "walks.json") for world, folder in folders.items()}


@pytest.mark.parametrize("kind", TOLERANCES)
def test_two_workers_walk_the_path_of_one(kind: str, found: dict[int, Any]) -> None:
    one, two = (found[world]["walks"][kind]["losses"] for world in (1, 2))
    assert two == pytest.approx(one, rel=TOLERANCES[kind])
    assert one[-1] < one[0]


@pytest.mark.parametrize("world", [1, 2])
@pytest.mark.parametrize("kind", TOLERANCES)
def test_a_resumed_run_ends_at_the_same_weights(kind: str, world: int, found: dict[int, Any]) -> None:
    assert found[world]["walks"][kind]["resumes"]


@pytest.mark.parametrize("world", [1, 2])
def test_matrices_that_are_cut_are_made_orthogonal_as_whole_ones_are(world: int, found: dict[int, Any]) -> None:
    assert max(found[world]["gaps"]) < 0.02
