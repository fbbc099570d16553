"""Token shards become a base model."""

from pathlib import Path

from components.metrics.training import PretrainMetrics
from components.pretrain.config import PretrainConfig
from components.pretrain.evaluation import require_sequences
from components.pretrain.summary import summarise
from components.pretrain.worker import PretrainInputs, count_steps, train
from components.runtime.job import make_job
from components.runtime.launch import run_training
from components.runtime.on_device import run_on_device
from components.shards.reader import verify_shards
from components.tasks.config import SharedConfig


def run(cfg: PretrainConfig, *, shared: SharedConfig, tokens: Path, out: Path) -> PretrainMetrics:
    """Write `out/model` (a Hugging Face folder) and `out/curves.csv`; return loss, bits per byte, speed."""
    verify_shards(tokens)
    require_sequences(tokens, cfg.training.seq_len)

    inputs, steps = PretrainInputs(tokens.resolve()), count_steps(cfg.training)
    run_training(train, make_job("pretrain", cfg, inputs, seed=shared.seed, out=out, total_steps=steps))

    return run_on_device(summarise, cfg, tokens, out, shared.seed, shared.inference.dtype)
