"""The one file of this room that knows TRL: a reward modelling run on one training worker."""

from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from datasets import load_from_disk
from transformers import AutoModelForSequenceClassification, PreTrainedModel, PreTrainedTokenizerFast
from trl import RewardConfig as TrlRewardConfig
from trl import RewardTrainer

from components.base.validation import validate
from components.reward.config import RewardConfig
from components.runtime.folder import save_model, stamp_tokenizer
from components.runtime.hf_trainer import run_trainer, trainer_arguments
from components.runtime.where import TrainWhere
from components.text.tokenizer import load_tokenizer

COLUMNS = {
    "loss": "loss",
    "learning_rate": "learning_rate",
    "grad_norm": "grad_norm",
    "accuracy": "accuracy",
    "margin": "margin",
}


def train(settings: dict[str, Any]) -> None:
    """Train on the pairs and let rank 0 write `out/model`."""
    cfg: RewardConfig = validate(RewardConfig, settings["config"], where="reward")
    where: TrainWhere = validate(TrainWhere, settings["where"], where="train")
    base, out = Path(settings["base"]), Path(settings["out"])
    tokenizer = load_tokenizer(base)
    pairs = load_from_disk(settings["pairs"])
    arguments = trainer_arguments(
        cfg.training,
        where,
        steps=settings["steps"],
        sample_tokens=2 * max(len(ids) for side in ("chosen_ids", "rejected_ids") for ids in pairs[side]),
        run_folder=Path(settings["run_folder"]),
        seed=settings["seed"],
    )
    trainer = RewardTrainer(
        model=build_scorer(base, tokenizer, seed=settings["seed"]),
        args=TrlRewardConfig(
            **arguments,
            max_length=None,  # longer pairs are gone already
            center_rewards_coefficient=cfg.center_rewards_coefficient or None,
        ),
        train_dataset=pairs,
        processing_class=tokenizer,
    )
    curves, tokens_per_step = Path(settings["curves"]), settings["tokens_per_step"]
    run_trainer(trainer, where, curves, tokens_per_step=tokens_per_step, columns=COLUMNS)
    if dist.get_rank() == 0:
        save_model(trainer.model, tokenizer, out / "model")


def build_scorer(base: Path, tokenizer: PreTrainedTokenizerFast, *, seed: int) -> PreTrainedModel:
    """The causal model's body under a fresh scalar head; the pad token tells where a text's last token is."""
    torch.manual_seed(seed)
    model: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(
        str(base), num_labels=1, dtype=torch.float32, local_files_only=True
    )
    stamp_tokenizer(model, tokenizer)
    return model
