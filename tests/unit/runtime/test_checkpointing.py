"""What is saved comes back: weights, optimiser and the loop's own numbers; and the clock says when."""

import math
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch._C._distributed_c10d import HashStore

from components.base.errors import DivergenceError
from components.runtime.checkpoint import Checkpointer
from components.runtime.checkpoint_files import find_complete, read_step
from components.runtime.save_clock import SaveClock


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    dist.init_process_group("gloo", store=HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


def make_state(seed: int) -> tuple[nn.Linear, torch.optim.Optimizer]:
    torch.manual_seed(seed)
    model = nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    return model, optimizer


def test_weights_moments_and_numbers_come_back_to_the_bit(tmp_path: Path) -> None:
    model, optimizer = make_state(1)
    saver = Checkpointer(tmp_path, every_s=3600)
    saver.save(5, model, optimizer, {"kl_coefficient": 0.1})
    saver.finish()
    other, others, numbers = *make_state(2), {"kl_coefficient": 0.7}
    assert Checkpointer(tmp_path, every_s=3600).restore(other, others, numbers) == 5
    assert torch.equal(other.weight, model.weight)
    moments = [state["exp_avg"] for state in optimizer.state.values()]
    assert all(torch.equal(a, b["exp_avg"]) for a, b in zip(moments, others.state.values(), strict=True))
    assert numbers == {"kl_coefficient": 0.1}


def test_without_a_checkpoint_nothing_changes(tmp_path: Path) -> None:
    model, optimizer = make_state(1)
    before = model.weight.clone()
    assert Checkpointer(tmp_path, every_s=1).restore(model, optimizer, {}) == 0
    assert torch.equal(model.weight, before)


def test_weights_that_are_not_finite_are_never_kept(tmp_path: Path) -> None:
    model, optimizer = make_state(1)
    with torch.no_grad():
        model.weight[0, 0] = math.nan
    with pytest.raises(DivergenceError, match="a weight is nan"):
        Checkpointer(tmp_path, every_s=1).save(3, model, optimizer, {})
    assert find_complete(tmp_path) == []


def test_saves_come_as_often_as_the_clock_says(tmp_path: Path) -> None:
    model, optimizer = make_state(1)
    saver = Checkpointer(tmp_path, every_s=3600)
    for step in (1, 2):
        saver.save_if_due(step, model, optimizer, {})
    saver.finish()
    assert find_complete(tmp_path) == []
    saver = Checkpointer(tmp_path, every_s=1e-9)
    saver.save_if_due(3, model, optimizer, {})
    saver.finish()
    assert [read_step(folder) for folder in find_complete(tmp_path)] == [3]


def test_the_clock_is_late_by_a_part_of_its_interval_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("components.runtime.save_clock.time.monotonic", lambda: now)
    clock, saved = SaveClock(every_s=10.0), []
    for _ in range(4000):
        now += 0.05
        if clock.is_due():
            saved.append(now)
    gaps = [later - earlier for earlier, later in zip([0.0, *saved], saved, strict=False)]
    assert len(saved) >= 15
    assert all(9.9 <= gap <= 13.0 for gap in gaps)
