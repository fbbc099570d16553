"""Launching a fine-tuning run: how many steps, and what the workers are handed."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from components.datasets.arrow_rows import create_rows, list_rows
from components.optim.config import AdamWConfig, CosineConfig, OptimizationConfig
from components.runtime.job import TrainJob
from components.training import fine_tuning
from components.training.config import FineTuningConfig
from components.training.trl_door import open_samples

OPTIMIZATION = OptimizationConfig(
    learning_rate=1e-3,
    warmup_fraction=0.1,
    schedule=CosineConfig(kind="cosine", final_lr_fraction=0.1),
    optimizer=AdamWConfig(kind="adamw"),
    weight_decay=0.0,
    clip_norm=1.0,
)


def configure(epochs: float, batch_size: int) -> FineTuningConfig:
    return FineTuningConfig(epochs=epochs, batch_size=batch_size, precision="fp32", optimization=OPTIMIZATION)


@pytest.mark.parametrize(
    ("samples", "epochs", "batch_size", "steps"), [(8, 1.0, 4, 2), (9, 1.0, 4, 3), (9, 2.0, 4, 6), (8, 0.5, 4, 1)]
)
def test_the_last_batch_of_a_pass_may_be_short(samples: int, epochs: float, batch_size: int, steps: int) -> None:
    assert fine_tuning.count_steps(samples, configure(epochs, batch_size)) == steps


def test_workers_are_handed_the_samples_where_they_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def pretend(loop: Any, job: TrainJob[Any, fine_tuning.FineTuningInputs]) -> None:
        seen.update(rows=open_samples(job.inputs.samples)["ids"][:], job=job)
        (job.run.out / "speed.csv").write_text("step,tokens_per_s\n1,10\n2,30\n3,31\n")

    monkeypatch.setattr(fine_tuning, "run_training", pretend)
    cfg = configure(1.0, 2)
    with create_rows(tmp_path / "samples", pa.schema([("ids", pa.list_(pa.int32()))])) as writer:
        writer.write(list_rows(np.arange(1, 7, dtype=np.int32).reshape(3, 2)))
    samples = fine_tuning.Samples(tmp_path / "samples", rows=3, tokens=9)
    figures = fine_tuning.run_fine_tuning("sft", print, cfg, cfg, samples, base=tmp_path, seed=3, out=tmp_path)
    assert seen["rows"] == [[1, 2], [3, 4], [5, 6]]
    assert (seen["job"].total_steps, seen["job"].inputs.tokens_per_step) == (2, 6.0)
    assert figures == (2, 30.0)
