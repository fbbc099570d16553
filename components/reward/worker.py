"""What a training worker of this room does: a scalar head on the sft model, trained on pairs."""

from pathlib import Path

import torch
import torch.distributed as dist
from datasets import load_from_disk
from transformers import AutoModelForSequenceClassification, PreTrainedModel, PreTrainedTokenizerFast

from components.reward.config import RewardConfig
from components.runtime.folder import save_model, stamp_tokenizer
from components.text.tokenizer import load_tokenizer
from components.training.fine_tuning import FineTuningJob
from components.training.trl_door import train_on_pairs


def train(job: FineTuningJob[RewardConfig]) -> None:
    """Train on the pairs and let rank 0 write `out/model`."""
    tokenizer = load_tokenizer(job.inputs.base)
    model = train_on_pairs(
        job,
        job.cfg.training,
        build_scorer(job.inputs.base, tokenizer, seed=job.seed),
        tokenizer,
        load_from_disk(job.inputs.samples),
        center_rewards_coefficient=job.cfg.center_rewards_coefficient,
    )
    if dist.get_rank() == 0:
        save_model(model, tokenizer, job.run.out / "model")


def build_scorer(base: Path, tokenizer: PreTrainedTokenizerFast, *, seed: int) -> PreTrainedModel:
    """The causal model's body under a fresh scalar head; the pad token tells where a text's last token is."""
    torch.manual_seed(seed)
    model: PreTrainedModel = AutoModelForSequenceClassification.from_pretrained(
        str(base), num_labels=1, dtype=torch.float32, local_files_only=True
    )
    stamp_tokenizer(model, tokenizer)
    return model
