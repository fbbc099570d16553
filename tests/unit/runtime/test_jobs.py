"""What a stage asks for reaches the workers as it was said."""

from dataclasses import FrozenInstanceError, dataclass
from pathlib import Path

import pytest
from ray import cloudpickle

from components.optim.config import AdamWConfig, CosineConfig, OptimizationConfig
from components.runtime.job import TrainJob, make_job
from components.runtime.runs import KEYED_BY, find_run_key, key_run

CFG = OptimizationConfig(
    learning_rate=1e-3,
    warmup_fraction=0.0,
    schedule=CosineConfig(kind="cosine", final_lr_fraction=0.1),
    optimizer=AdamWConfig(kind="adamw"),
    weight_decay=0.0,
    clip_norm=1.0,
)


@dataclass(frozen=True)
class Inputs:
    rows: Path


def make(out: Path) -> TrainJob[OptimizationConfig, Inputs]:
    return make_job("sft", CFG, Inputs(Path("rows")), seed=17, out=out, total_steps=9)


def test_a_job_travels_to_another_process_unchanged(tmp_path: Path) -> None:
    job = make(tmp_path)
    assert cloudpickle.loads(cloudpickle.dumps(job)) == job


def test_a_job_cannot_be_changed_on_its_way(tmp_path: Path) -> None:
    with pytest.raises(FrozenInstanceError):
        make(tmp_path).seed = 3  # type: ignore[misc]


def test_a_run_is_kept_under_the_key_of_its_block_and_under_its_output_folder_outside(tmp_path: Path) -> None:
    facts = dict.fromkeys(KEYED_BY, "x")
    with key_run("sft", facts) as key:
        assert make(tmp_path).run.run_folder.name == key == find_run_key("sft", tmp_path / "elsewhere")
    assert make(tmp_path).run.run_folder.name not in (key, find_run_key("sft", tmp_path / "elsewhere"))
    with key_run("sft", {**facts, "params": "y"}) as other:
        assert other != key
