"""What a training worker of this room does: every weight or an adapter, trained on packed rows.

Shapes: B rows, T positions, V vocabulary.
"""

import os
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from datasets import load_from_disk
from peft import LoraConfig
from transformers import PreTrainedTokenizerFast

from components.base.errors import GateError
from components.model.hf_adapters.convert import import_model
from components.model.merging import MERGE_TOLERANCE, measure_gap, read_logits, untie_targets
from components.runtime.folder import load_folder, load_model, save_model
from components.sft.config import LoraSftConfig, SftConfig
from components.text.tokenizer import save_tokenizer
from components.training.fine_tuning import FineTuningJob
from components.training.trl_door import stack_rows, train_on_rows

PROBE_ROWS = 2


def train(job: FineTuningJob[SftConfig]) -> None:
    """Train on the packed rows and let rank 0 write `out/model` (and `out/adapter`)."""
    cfg, base = job.cfg, job.inputs.base
    model, tokenizer = load_folder(base)
    if isinstance(cfg, LoraSftConfig):
        untie_targets(model, cfg.target_modules)
    else:
        # Our classes train faster than the library's on the same weights (see tests/bench/bench_training.py).
        model = import_model(model) or model
    rows = load_from_disk(job.inputs.samples)
    trained = train_on_rows(job, cfg.training, model, tokenizer, rows, adapter=_adapter_of(cfg))
    if dist.get_rank() == 0:
        probe = stack_rows(list(rows.with_format("torch").take(PROBE_ROWS)))
        del probe["labels"]
        _save(cfg, trained, tokenizer, base, job.run.out, probe=probe)


def _adapter_of(cfg: SftConfig) -> LoraConfig | None:
    if not isinstance(cfg, LoraSftConfig):
        return None
    return LoraConfig(
        task_type="CAUSAL_LM",
        r=cfg.rank,
        lora_alpha=cfg.alpha,
        lora_dropout=cfg.dropout,
        target_modules=cfg.target_modules,
    )


def _save(
    cfg: SftConfig,
    model: Any,
    tokenizer: PreTrainedTokenizerFast,
    base: Path,
    out: Path,
    *,
    probe: dict[str, torch.Tensor],
) -> None:
    """The model that travels on; an adapter is saved beside it, naming its base by a relative path."""
    if not isinstance(cfg, LoraSftConfig):
        save_model(model, tokenizer, out / "model")
        return
    model.peft_config["default"].base_model_name_or_path = os.path.relpath(base, out / "adapter")
    model.save_pretrained(str(out / "adapter"), save_embedding_layers=False)
    save_tokenizer(tokenizer, out / "adapter")
    adapted_BTV = read_logits(model, probe)
    save_model(model.merge_and_unload(), tokenizer, out / "model")
    merged_BTV = read_logits(load_model(out / "model"), probe)
    gap = measure_gap(adapted_BTV, merged_BTV)
    if not gap <= MERGE_TOLERANCE:
        raise GateError(
            f"sft: the merged model is not the adapter's: logits differ by {gap:.2g} of the largest one "
            f"({MERGE_TOLERANCE:g} is floating-point order): choose other target_modules"
        )
