"""The step loop: what comes due when, what is told to the curve, and where a run goes on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch._C._distributed_c10d import HashStore

from components.base.config import Config
from components.base.curves import read_curves
from components.base.errors import DivergenceError
from components.parallel.config import FsdpConfig
from components.parallel.mesh import build_mesh
from components.runtime.checkpoint import Checkpointer
from components.runtime.cluster import TrainClusterConfig
from components.runtime.job import RunPaths, TrainJob
from components.training.loop import Figures, Interval, run_steps

STEPS = 10


@dataclass
class Counter:
    """Adds one to its only weight at each step."""

    model: nn.Module = field(default_factory=lambda: nn.Linear(1, 1, bias=False))
    state: dict[str, float] = field(default_factory=lambda: {"seen": 0.0})
    begun_at: int = -1
    updated: list[int] = field(default_factory=list)
    validated: list[int] = field(default_factory=list)
    intervals: list[int] = field(default_factory=list)
    break_at: int | None = None
    die_at: int | None = None

    def __post_init__(self) -> None:
        (self.weight,) = self.model.parameters()
        nn.init.zeros_(self.weight)
        self.optimizer: torch.optim.Optimizer = torch.optim.SGD(self.model.parameters(), lr=1.0)

    def begin(self, step: int) -> None:
        self.begun_at = step

    def update(self, step: int) -> None:
        if step == self.die_at:
            raise KeyboardInterrupt
        self.updated.append(step)
        self.state["seen"] += 1
        with torch.no_grad():
            self.weight.add_(1.0)

    def read_figures(self, step: int, interval: Interval, *, validate: bool) -> Figures:
        self.intervals.append(interval.steps)
        if validate:
            self.validated.append(step)
        loss = float("nan") if step == self.break_at else 1.0
        return {"loss": loss, "val_loss": 2.0 if validate else None}


@pytest.fixture(autouse=True)
def single() -> Iterator[None]:
    dist.init_process_group("gloo", store=HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


def train(folder: Path, trainee: Counter, *, log: int = 4, validate: int = 5) -> list[dict[str, str]]:
    cluster = TrainClusterConfig(
        num_workers=0,
        cpus_per_worker=1,
        gpus_per_worker=0,
        threads_per_worker=1,
        micro_batch_tokens=1,
        log_every_steps=1,
        checkpoint_every_s=1e-6,
        max_failures=0,
        storage=str(folder),
    )
    job = TrainJob("pretrain", Config(), 0, None, STEPS, RunPaths(folder / "run", folder), cluster)
    mesh = build_mesh(FsdpConfig(kind="fsdp"))
    run_steps(job, trainee, mesh, log_every_steps=log, validate_every_steps=validate)
    return read_curves(job.run.curves)


def test_points_and_validation_come_due_on_their_own_and_both_at_the_end(tmp_path: Path) -> None:
    trainee = Counter()
    rows = train(tmp_path, trainee)
    assert trainee.updated == list(range(1, STEPS + 1))
    assert [(int(row["step"]), row["val_loss"]) for row in rows] == [(4, ""), (5, "2.0"), (8, ""), (10, "2.0")]
    assert trainee.intervals == [4, 1, 3, 2]


def test_an_interrupted_run_goes_on_with_its_weights_its_numbers_and_its_curve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Checkpointer] = []

    def remember(run_folder: Path, every_s: float) -> Checkpointer:
        made.append(Checkpointer(run_folder, every_s))
        return made[-1]

    monkeypatch.setattr("components.training.loop.Checkpointer", remember)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path, Counter(die_at=7), log=1)
    made[0].finish()  # a process that ends takes its writer along; here it would write beside the next one
    resumed = Counter()
    rows = train(tmp_path, resumed, log=1)
    assert 0 < resumed.begun_at < 7 and resumed.updated == list(range(resumed.begun_at + 1, STEPS + 1))
    assert resumed.weight.item() == resumed.state["seen"] == STEPS
    assert [int(row["step"]) for row in rows] == list(range(1, STEPS + 1))


def test_a_figure_that_is_no_number_ends_the_run_before_it_is_written(tmp_path: Path) -> None:
    with pytest.raises(DivergenceError, match="diverged at step 5: loss is nan"):
        train(tmp_path, Counter(break_at=5))
    assert [int(row["step"]) for row in read_curves(tmp_path / "run" / "curves.csv")] == [4]
