"""What TRL's trainers are handed: batches as they are, and arguments that write nowhere else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import nn
from torch._C._distributed_c10d import HashStore
from transformers import get_cosine_with_min_lr_schedule_with_warmup

from components.base.config import Config
from components.optim.config import AdamWConfig, CosineConfig, OptimizationConfig
from components.runtime.cluster import TrainClusterConfig
from components.runtime.job import RunPaths, TrainJob
from components.training.config import FineTuningConfig
from components.training.fine_tuning import FineTuningInputs, FineTuningJob
from components.training.hf_trainer import build_optimization, trainer_arguments
from components.training.trl_door import stack_rows

OPTIMIZATION = OptimizationConfig(
    learning_rate=1e-3,
    warmup_fraction=0.1,
    schedule=CosineConfig(kind="cosine", final_lr_fraction=0.25),
    optimizer=AdamWConfig(kind="adamw", beta1=0.8),
    weight_decay=0.3,
    clip_norm=0.5,
)


@pytest.fixture
def single() -> Iterator[None]:
    dist.init_process_group("gloo", store=HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


def make_job(folder: Path) -> FineTuningJob[Config]:
    cluster = TrainClusterConfig(
        num_workers=0,
        cpus_per_worker=1,
        gpus_per_worker=0,
        threads_per_worker=1,
        micro_batch_tokens=300,
        log_every_steps=10,
        checkpoint_every_s=1.0,
        max_failures=0,
        storage=str(folder),
    )
    inputs = FineTuningInputs(folder, folder, 1.0)
    return TrainJob("sft", Config(), 5, inputs, 100, RunPaths(folder / "run", folder), cluster)


def test_rows_are_stacked_with_no_mask_added() -> None:
    row = {"input_ids": torch.arange(4, dtype=torch.int32), "labels": torch.ones(4, dtype=torch.int32)}
    found = stack_rows([row, row])
    assert found.keys() == row.keys() and found["input_ids"].shape == (2, 4)
    assert {value.dtype for value in found.values()} == {torch.int64}


@pytest.mark.usefixtures("single")
def test_what_a_job_says_reaches_the_trainer_under_its_own_names(tmp_path: Path) -> None:
    cfg = FineTuningConfig(epochs=1.0, batch_size=8, precision="bf16", optimization=OPTIMIZATION)
    found = trainer_arguments(cfg, make_job(tmp_path), sample_tokens=100, world=1)
    assert found["max_grad_norm"] == OPTIMIZATION.clip_norm
    assert (found["max_steps"], found["seed"], found["bf16"], found["logging_steps"]) == (100, 5, True, 5)
    assert found["per_device_train_batch_size"] * found["gradient_accumulation_steps"] == 8
    assert found["per_device_train_batch_size"] <= 3, "as many as fit in micro_batch_tokens"
    assert found["report_to"] == [] and found["save_strategy"] == "no"


@pytest.mark.parametrize("warmup_fraction", [0.0, 0.1])
def test_the_trainer_steps_our_schedule_as_it_would_its_own(warmup_fraction: float) -> None:
    """To the bit, so that a run under transformers' own cosine is the same run."""
    cfg = OPTIMIZATION.model_copy(update={"warmup_fraction": warmup_fraction})
    optimizer, ours = build_optimization(nn.Linear(3, 2), cfg, 100)
    theirs = get_cosine_with_min_lr_schedule_with_warmup(
        torch.optim.SGD([nn.Parameter(torch.ones(1))], lr=cfg.learning_rate),
        num_warmup_steps=round(warmup_fraction * 100),
        num_training_steps=100,
        min_lr_rate=0.25,
    )
    for _ in range(100):
        assert ours.get_last_lr() == 2 * theirs.get_last_lr()
        optimizer.step()
        theirs.optimizer.step()
        ours.step()
        theirs.step()
