"""The one file that knows TRL: its trainers, told by a job, with everything around them switched off or our own."""

from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import PreTrainedModel, PreTrainedTokenizerFast
from trl import RewardConfig, RewardTrainer, SFTConfig, SFTTrainer

from components.model.pretrained import OntogenyPreTrainedModel
from components.runtime.job import CfgT
from components.training.config import FineTuningConfig
from components.training.fine_tuning import FineTuningJob
from components.training.hf_trainer import run_trainer, trainer_arguments

COLUMNS = {"loss": "loss", "learning_rate": "learning_rate", "grad_norm": "grad_norm"}
"""What every curve holds, under the trainer's own names."""


def train_on_rows(
    job: FineTuningJob[CfgT],
    training: FineTuningConfig,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    rows: Dataset,
    *,
    adapter: LoraConfig | None,
) -> PreTrainedModel:
    """Supervised training on rows that are tokenised, labelled and packed already; returns what was trained.

    With an adapter that is peft's model around the base.
    """
    trainer_class = _SumLossTrainer if isinstance(model, OntogenyPreTrainedModel) and adapter is None else SFTTrainer
    trainer = trainer_class(
        model=model,
        args=SFTConfig(
            **trainer_arguments(training, job, sample_tokens=len(rows[0]["input_ids"])),
            max_length=None,
            dataset_kwargs={"skip_prepare_dataset": True},
        ),
        data_collator=stack_rows,
        train_dataset=rows.with_format("torch"),
        processing_class=tokenizer,
        peft_config=adapter,
    )
    run_trainer(trainer, job, training.optimization, columns=COLUMNS)
    # Without the trainer's autocast around it, for what is written is float32.
    trained: PreTrainedModel = trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)
    return trained


class _SumLossTrainer(SFTTrainer):  # type: ignore[misc]
    """Takes the loss that our classes make without logits; TRL's own makes entropy and accuracy of each token, too."""

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """Mean nats a target over the batch of all ranks, as DDP's mean over them needs it."""
        assert not return_outputs, "nothing is evaluated here"
        loss: torch.Tensor = model(
            **inputs, use_cache=False, skip_logits=True, num_items_in_batch=num_items_in_batch
        ).loss
        return loss * self.accelerator.num_processes if num_items_in_batch is not None else loss


def train_on_pairs(
    job: FineTuningJob[CfgT],
    training: FineTuningConfig,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    pairs: Dataset,
    *,
    center_rewards_coefficient: float,
) -> PreTrainedModel:
    """Bradley-Terry training of a scalar model on `chosen_ids` and `rejected_ids`; returns what was trained."""
    longest = max(len(ids) for side in ("chosen_ids", "rejected_ids") for ids in pairs[side])
    trainer = RewardTrainer(
        model=model,
        args=RewardConfig(
            **trainer_arguments(training, job, sample_tokens=2 * longest),
            max_length=None,  # longer pairs are gone already
            center_rewards_coefficient=center_rewards_coefficient or None,
        ),
        train_dataset=pairs,
        processing_class=tokenizer,
    )
    run_trainer(trainer, job, training.optimization, columns={**COLUMNS, "accuracy": "accuracy", "margin": "margin"})
    trained: PreTrainedModel = trainer.model
    return trained


def stack_rows(rows: list[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """A batch. Packed rows have no attention mask: from it being absent, attention reads borders off the positions."""
    return {name: torch.stack([row[name] for row in rows]).long() for name in rows[0]}
