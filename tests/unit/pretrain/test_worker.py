"""One step of pretraining: the same whatever fits in memory at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch._C._distributed_c10d import HashStore

from components.base.errors import PipelineError
from components.base.yaml import read_yaml
from components.optim.config import AdamWConfig, CosineConfig, OptimizationConfig
from components.parallel.config import FsdpConfig
from components.parallel.fsdp import find_whole
from components.parallel.mesh import build_mesh
from components.pretrain.config import PretrainConfig, ScratchConfig, TrainingConfig
from components.pretrain.worker import (
    Pretraining,
    PretrainInputs,
    count_batch_sequences,
    count_steps,
    make_objective,
)
from components.runtime.cluster import TrainClusterConfig
from components.runtime.job import RunPaths, TrainJob
from components.shards.reader import ShardSet
from components.training.loop import Interval
from tests.shapes import make_model_config
from tests.tiny import make_model, make_tokenizer, write_tokens
from tests.trees import ROOT

TOKENIZER = make_tokenizer()
SEQ_LEN, SEQUENCES = 32, 8
OPTIMIZATION = OptimizationConfig(
    learning_rate=1e-2,
    warmup_fraction=0.5,
    schedule=CosineConfig(kind="cosine", final_lr_fraction=0.1),
    optimizer=AdamWConfig(kind="adamw"),
    weight_decay=0.1,
    clip_norm=1.0,
)
TRAINING = TrainingConfig(
    total_tokens=10 * SEQUENCES * SEQ_LEN,
    global_batch_tokens=SEQUENCES * SEQ_LEN,
    seq_len=SEQ_LEN,
    precision="fp32",
    optimization=OPTIMIZATION,
    validate_every_steps=5,
    validation_sequences=4,
)


@pytest.fixture(autouse=True)
def single() -> Iterator[None]:
    dist.init_process_group("gloo", store=HashStore(), rank=0, world_size=1)
    yield
    dist.destroy_process_group()


def make_trainee(folder: Path, micro_batch_tokens: int) -> Pretraining:
    section = read_yaml(ROOT / "params.yaml")["pretrain"]
    objective = {"kind": "language_modeling"}
    cfg: PretrainConfig = ScratchConfig.model_validate(
        {"kind": "scratch", "model": make_model_config(), "objective": objective, "training": TRAINING}
        | {"evaluation": section["evaluation"]}
    )
    cluster = TrainClusterConfig(
        num_workers=0,
        cpus_per_worker=1,
        gpus_per_worker=0,
        threads_per_worker=1,
        micro_batch_tokens=micro_batch_tokens,
        log_every_steps=1,
        checkpoint_every_s=1.0,
        max_failures=0,
        storage=str(folder),
    )
    job = TrainJob("pretrain", cfg, 3, PretrainInputs(folder), 10, RunPaths(folder / "run", folder), cluster)
    return Pretraining(
        job,
        make_model(TOKENIZER),
        build_mesh(FsdpConfig(kind="fsdp")),
        make_objective(cfg, TOKENIZER, 3, encoder_decoder=False),
        train_set=ShardSet(folder, "train"),
        validation_set=ShardSet(folder, "validation"),
        seed=3,
    )


def test_steps_do_not_depend_on_what_fits_in_memory_at_once(tmp_path: Path) -> None:
    folder = write_tokens(TOKENIZER, tmp_path / "tokens")
    found = []
    for micro_batch_tokens in (SEQUENCES * SEQ_LEN, 3 * SEQ_LEN, 1):
        trainee = make_trainee(folder, micro_batch_tokens)
        trainee.begin(0)
        for step in (1, 2, 3):
            trainee.update(step)
        weights = {name: find_whole(tensor) for name, tensor in trainee.model.state_dict().items()}
        found.append((trainee.read_figures(3, Interval(3, 1.5), validate=True), weights))
    (whole, weights), *others = found
    for figures, other in others:
        assert figures == pytest.approx(whole, rel=1e-4)
        assert all(torch.allclose(other[name], value, atol=5e-5) for name, value in weights.items())
    assert whole["tokens_per_s"] == 2 * SEQUENCES * SEQ_LEN


def test_a_point_tells_of_validation_only_when_it_is_due(tmp_path: Path) -> None:
    trainee = make_trainee(write_tokens(TOKENIZER, tmp_path / "tokens"), 1024)
    trainee.begin(0)
    trainee.update(1)
    figures = trainee.read_figures(1, Interval(1, 1.0), validate=False)
    assert figures["val_loss"] is None
    assert figures["learning_rate"] == pytest.approx(OPTIMIZATION.learning_rate / 5), "the first of five of warm-up"


def test_steps_are_whole_batches_and_every_worker_gets_equally_many() -> None:
    assert count_steps(TRAINING) == 10
    assert count_steps(TRAINING.model_copy(update={"total_tokens": 10 * SEQUENCES * SEQ_LEN - 1})) == 9
    assert count_batch_sequences(TRAINING, 4) == SEQUENCES
    with pytest.raises(PipelineError, match="8 sequences of 32, which 3 workers cannot share equally"):
        count_batch_sequences(TRAINING, 3)
