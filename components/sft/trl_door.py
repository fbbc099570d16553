"""The one file of this room that knows TRL: a supervised fine-tuning run on one training worker."""

import os
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from datasets import load_from_disk
from peft import LoraConfig
from transformers import PreTrainedTokenizerFast
from trl import SFTConfig as TrlSftConfig
from trl import SFTTrainer

from components.base.errors import GateError
from components.model.merging import MERGE_TOLERANCE, measure_gap, read_logits, untie_targets
from components.runtime.folder import load_folder, load_model, save_model
from components.runtime.hf_trainer import run_trainer, trainer_arguments
from components.sft.config import LoraSftConfig, SftConfig
from components.sft.job import SftJob
from components.text.tokenizer import save_tokenizer

PROBE_ROWS = 2
COLUMNS = {
    "loss": "loss",
    "learning_rate": "learning_rate",
    "grad_norm": "grad_norm",
    "token_accuracy": "mean_token_accuracy",
}


def train(job: SftJob) -> None:
    """Train on the packed rows and let rank 0 write `out/model` (and `out/adapter`)."""
    cfg, inputs = job.cfg, job.inputs
    model, tokenizer = load_folder(inputs.base)
    if isinstance(cfg, LoraSftConfig):
        untie_targets(model, cfg.target_modules)
    rows = load_from_disk(inputs.rows)
    arguments = trainer_arguments(cfg.training, job, sample_tokens=cfg.seq_len)
    trainer = SFTTrainer(
        model=model,
        # The rows are tokenised, labelled and packed: there is nothing left to prepare or to cut.
        args=TrlSftConfig(**arguments, max_length=None, dataset_kwargs={"skip_prepare_dataset": True}),
        data_collator=stack_rows,
        train_dataset=rows.with_format("torch"),
        processing_class=tokenizer,
        peft_config=_adapter_of(cfg),
    )
    run_trainer(trainer, job, tokens_per_step=inputs.tokens_per_step, columns=COLUMNS)
    if dist.get_rank() == 0:
        probe = stack_rows(list(rows.with_format("torch").take(PROBE_ROWS)))
        # Without the trainer's autocast around it, for what is written is float32.
        model = trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)
        del probe["labels"]
        _save(cfg, model, tokenizer, inputs.base, job.run.out, probe=probe)


def stack_rows(rows: list[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """A batch. Packed rows have no attention mask: from it being absent, attention reads borders off the positions."""
    return {name: torch.stack([row[name] for row in rows]).long() for name in rows[0]}


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
