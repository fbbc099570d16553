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
from components.base.validation import validate
from components.model.merging import MERGE_TOLERANCE, measure_gap, read_logits, untie_targets
from components.runtime.folder import load_folder, load_model, save_model
from components.runtime.hf_trainer import run_trainer, trainer_arguments
from components.runtime.where import TrainWhere
from components.sft.config import LoraSftConfig, SftConfig
from components.text.tokenizer import save_tokenizer

PROBE_ROWS = 2
COLUMNS = {
    "loss": "loss",
    "learning_rate": "learning_rate",
    "grad_norm": "grad_norm",
    "token_accuracy": "mean_token_accuracy",
}


def train(settings: dict[str, Any]) -> None:
    """Train on the packed rows and let rank 0 write `out/model` (and `out/adapter`)."""
    cfg: SftConfig = validate(SftConfig, settings["config"], where="sft")
    where: TrainWhere = validate(TrainWhere, settings["where"], where="train")
    base, out = Path(settings["base"]), Path(settings["out"])
    model, tokenizer = load_folder(base)
    if isinstance(cfg, LoraSftConfig):
        untie_targets(model, cfg.target_modules)
    rows = load_from_disk(settings["rows"])
    arguments = trainer_arguments(
        cfg.training,
        where,
        steps=settings["steps"],
        sample_tokens=cfg.seq_len,
        run_folder=Path(settings["run_folder"]),
        seed=settings["seed"],
    )
    trainer = SFTTrainer(
        model=model,
        # The rows are tokenised, labelled and packed: there is nothing left to prepare or to cut.
        args=TrlSftConfig(**arguments, max_length=None, dataset_kwargs={"skip_prepare_dataset": True}),
        data_collator=stack_rows,
        train_dataset=rows.with_format("torch"),
        processing_class=tokenizer,
        peft_config=_adapter_of(cfg),
    )
    curves, tokens_per_step = Path(settings["curves"]), settings["tokens_per_step"]
    run_trainer(trainer, where, curves, tokens_per_step=tokens_per_step, columns=COLUMNS)
    if dist.get_rank() == 0:
        probe = stack_rows(list(rows.with_format("torch").take(PROBE_ROWS)))
        # Without the trainer's autocast around it, for what is written is float32.
        model = trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)
        del probe["labels"]
        _save(cfg, model, tokenizer, base, out, probe=probe)


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
