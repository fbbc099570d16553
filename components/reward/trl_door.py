"""The one file of this room that knows TRL: a reward modelling run on one training worker."""

from pathlib import Path

import torch
import torch.distributed as dist
from datasets import load_from_disk
from transformers import AutoModelForSequenceClassification, PreTrainedModel, PreTrainedTokenizerFast
from trl import RewardConfig as TrlRewardConfig
from trl import RewardTrainer

from components.reward.job import RewardJob
from components.runtime.folder import save_model, stamp_tokenizer
from components.runtime.hf_trainer import run_trainer, trainer_arguments
from components.text.tokenizer import load_tokenizer

COLUMNS = {
    "loss": "loss",
    "learning_rate": "learning_rate",
    "grad_norm": "grad_norm",
    "accuracy": "accuracy",
    "margin": "margin",
}


def train(job: RewardJob) -> None:
    """Train on the pairs and let rank 0 write `out/model`."""
    cfg, inputs = job.cfg, job.inputs
    tokenizer = load_tokenizer(inputs.base)
    pairs = load_from_disk(inputs.pairs)
    longest = max(len(ids) for side in ("chosen_ids", "rejected_ids") for ids in pairs[side])
    trainer = RewardTrainer(
        model=build_scorer(inputs.base, tokenizer, seed=job.seed),
        args=TrlRewardConfig(
            **trainer_arguments(cfg.training, job, sample_tokens=2 * longest),
            max_length=None,  # longer pairs are gone already
            center_rewards_coefficient=cfg.center_rewards_coefficient or None,
        ),
        train_dataset=pairs,
        processing_class=tokenizer,
    )
    run_trainer(trainer, job, tokens_per_step=inputs.tokens_per_step, columns=COLUMNS)
    if dist.get_rank() == 0:
        save_model(trainer.model, tokenizer, job.run.out / "model")


def build_scorer(base: Path, tokenizer: PreTrainedTokenizerFast, *, seed: int) -> PreTrainedModel:
    """The causal model's body under a fresh scalar head; the pad token tells where a text's last token is."""
    torch.manual_seed(seed)
    model: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(
        str(base), num_labels=1, dtype=torch.float32, local_files_only=True
    )
    stamp_tokenizer(model, tokenizer)
    return model
