"""What TRL's trainers are handed: batches as they are, and arguments that write nowhere else."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch._C._distributed_c10d import HashStore

from components.base.config import Config
from components.optim.config import OptimizationConfig
from components.runtime.cluster import TrainClusterConfig
from components.runtime.job import RunPaths, TrainJob
from components.training.config import FineTuningConfig
from components.training.fine_tuning import FineTuningInputs, FineTuningJob
from components.training.hf_trainer import trainer_arguments
from components.training.trl_door import stack_rows

OPTIMIZATION = OptimizationConfig(
    learning_rate=1e-3,
    final_lr_fraction=0.25,
    warmup_fraction=0.1,
    beta1=0.8,
    beta2=0.95,
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
def test_the_one_optimiser_s_numbers_reach_the_trainer_under_its_own_names(tmp_path: Path) -> None:
    cfg = FineTuningConfig(epochs=1.0, batch_size=8, precision="bf16", optimization=OPTIMIZATION)
    found = trainer_arguments(cfg, make_job(tmp_path), sample_tokens=100)
    assert (found["learning_rate"], found["lr_scheduler_kwargs"], found["warmup_steps"]) == (
        1e-3,
        {"min_lr_rate": 0.25},
        10,
    )
    assert [found[name] for name in ("adam_beta1", "adam_beta2", "weight_decay", "max_grad_norm")] == [
        0.8,
        0.95,
        0.3,
        0.5,
    ]
    assert (found["max_steps"], found["seed"], found["bf16"], found["logging_steps"]) == (100, 5, True, 5)
    assert found["per_device_train_batch_size"] * found["gradient_accumulation_steps"] == 8
    assert found["per_device_train_batch_size"] <= 3, "as many as fit in micro_batch_tokens"
    assert found["report_to"] == [] and found["save_strategy"] == "no"
