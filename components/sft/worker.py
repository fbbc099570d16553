"""What a training worker of this room does: every weight or an adapter, trained on packed rows."""

import torch.distributed as dist
from datasets import load_from_disk
from peft import LoraConfig

from components.model.hf_adapters.convert import import_model
from components.model.merging import untie_targets
from components.runtime.folder import load_folder, save_model
from components.sft.config import LoraSftConfig, SftConfig
from components.training.adapters import describe_adapter, save_adapted
from components.training.fine_tuning import FineTuningJob
from components.training.trl_door import stack_rows, train_on_rows

PROBE_ROWS = 2


def train(job: FineTuningJob[SftConfig]) -> None:
    """Train on the packed rows and let rank 0 write `out/model` (and `out/adapter`)."""
    cfg, base = job.cfg, job.inputs.base
    adapts = isinstance(cfg, LoraSftConfig)
    # What is trained is in float32; a frozen base is as good in its own dtype, unless all is to be precise.
    model, tokenizer = load_folder(base, "own" if adapts and cfg.training.precision == "bf16" else "float32")
    if isinstance(cfg, LoraSftConfig):
        untie_targets(model, cfg.target_modules)
    else:
        # Our classes train faster than the library's on the same weights (see tests/bench/bench_training.py).
        model = import_model(model) or model
    rows = load_from_disk(job.inputs.samples)
    trained = train_on_rows(job, cfg.training, model, tokenizer, rows, adapter=_adapter_of(cfg))
    if dist.get_rank() != 0:
        return
    if isinstance(cfg, LoraSftConfig):
        probe = stack_rows(list(rows.with_format("torch").take(PROBE_ROWS)))
        del probe["labels"]
        save_adapted("sft", trained, tokenizer, base, job.run.out, probe=probe)
    else:
        save_model(trained, tokenizer, job.run.out / "model")


def _adapter_of(cfg: SftConfig) -> LoraConfig | None:
    if not isinstance(cfg, LoraSftConfig):
        return None
    return describe_adapter(rank=cfg.rank, alpha=cfg.alpha, dropout=cfg.dropout, target_modules=cfg.target_modules)
