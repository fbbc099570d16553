"""Token shards become a base model."""

from pathlib import Path

from components.base.config import SharedConfig
from components.base.metrics import Metrics
from components.pretrain.config import PretrainConfig
from components.pretrain.evaluation import require_sequences
from components.pretrain.loop import count_steps, train
from components.pretrain.summary import summarise
from components.runtime.launch import run_training
from components.runtime.runs import find_run_key
from components.shards.reader import verify_shards


def run(cfg: PretrainConfig, *, shared: SharedConfig, tokens: Path, out: Path) -> Metrics:
    """Write `out/model` (a Hugging Face folder) and `out/curves.csv`; return loss, bits per byte, speed."""
    verify_shards(tokens)
    require_sequences(tokens, cfg.training.seq_len)

    key = find_run_key("pretrain", out)
    settings = {
        "cfg": cfg.model_dump(),
        "seed": shared.seed,
        "tokens": str(tokens.resolve()),
    }
    run_training(train, settings, name=key, out=out, total_steps=count_steps(cfg.training))

    return summarise(cfg, tokens, out, shared.seed)
