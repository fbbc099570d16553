"""The one file that knows TRL: its trainers, told by a job, with everything around them switched off or our own."""

from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from transformers import PreTrainedModel, PreTrainedTokenizerFast
from trl import RewardConfig, RewardTrainer, SFTConfig, SFTTrainer

from components.model.cross_entropy import linear_cross_entropy
from components.model.masks import IGNORED
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
    trainer = _choose_trainer(model, adapter)(
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


def _choose_trainer(model: PreTrainedModel, adapter: LoraConfig | None) -> type[SFTTrainer]:
    """TRL's own where nothing cheaper suits: adapters on our classes, which may ask for their labels in the forward."""
    if not isinstance(model, OntogenyPreTrainedModel):
        return _HeadLossTrainer
    return _SumLossTrainer if adapter is None else SFTTrainer


class _HeadLossTrainer(SFTTrainer):  # type: ignore[misc]
    """Takes the loss from what the output head reads, a few positions at a time, without entropy and accuracy.

    A model that does more to its logits than its head does, or has routers to balance, keeps TRL's own.
    """

    _head_is_all: bool | None = None

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, torch.Tensor],
        return_outputs: bool = False,
        num_items_in_batch: torch.Tensor | int | None = None,
    ) -> torch.Tensor:
        """Mean nats a target over the batch of all ranks, as DDP's mean over them needs it."""
        plain = self.accelerator.unwrap_model(model)
        head = (plain.get_base_model() if hasattr(plain, "get_base_model") else plain).get_output_embeddings()
        texts = {name: value for name, value in inputs.items() if name != "labels"}
        if self._head_is_all is None:
            self._head_is_all = not self.aux_loss_enabled and self._try_head(model, head, texts)
        if not self._head_is_all:
            loss: torch.Tensor = super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
            return loss
        states_BTC, _ = _read_states(model, head, texts)
        with torch.autocast(states_BTC.device.type, torch.bfloat16, enabled=self.args.bf16):
            targets_BT = torch.nn.functional.pad(inputs["labels"][:, 1:], (0, 1), value=IGNORED)
            total = linear_cross_entropy(states_BTC.flatten(0, 1), head.weight, targets_BT.flatten())
        if num_items_in_batch is None:
            return total / (targets_BT != IGNORED).sum().clamp(min=1)
        ranks: int = self.accelerator.num_processes
        return total * ranks / num_items_in_batch

    @torch.no_grad()
    def _try_head(self, model: Any, head: torch.nn.Module, texts: dict[str, torch.Tensor]) -> bool:
        """Whether logits are the head's product and nothing more."""
        if type(head) is not torch.nn.Linear or getattr(head, "bias", None) is not None:
            return False
        states_BTC, logits_B1V = _read_states(model, head, texts)
        with torch.autocast(states_BTC.device.type, torch.bfloat16, enabled=self.args.bf16):
            expected_B1V: torch.Tensor = head.forward(states_BTC[:, -1:])
        return torch.equal(logits_B1V.float(), expected_B1V.float())


def _read_states(
    model: Any, head: torch.nn.Module, inputs: dict[str, torch.Tensor]
) -> tuple[torch.Tensor, torch.Tensor]:
    """What the head reads, [B, T, C], and the model's logits of the last position."""
    found: list[torch.Tensor] = []

    def keep(_: torch.nn.Module, given: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        found.append(given[0])
        return (given[0][:, -1:].detach(), *given[1:])

    handle = head.register_forward_pre_hook(keep)
    try:
        logits_B1V = model(**inputs, use_cache=False).logits
    finally:
        handle.remove()
    (states_BTC,) = found
    return states_BTC, logits_B1V


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
    longest: int,
    center_rewards_coefficient: float,
    adapter: LoraConfig | None,
) -> PreTrainedModel:
    """Bradley-Terry training of a scalar model on `chosen_ids` and `rejected_ids`; returns what was trained.

    `longest` are the tokens of the longest text. With an adapter that is peft's model around the base.
    """
    trainer = RewardTrainer(
        model=model,
        args=RewardConfig(
            **trainer_arguments(training, job, sample_tokens=2 * longest),
            max_length=None,  # longer pairs are gone already
            center_rewards_coefficient=center_rewards_coefficient or None,
        ),
        train_dataset=pairs,
        processing_class=tokenizer,
        peft_config=adapter,
    )
    run_trainer(trainer, job, training.optimization, columns={**COLUMNS, "accuracy": "accuracy", "margin": "margin"})
    trained: PreTrainedModel = trainer.model
    return trained


def stack_rows(rows: list[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """A batch. Packed rows have no attention mask: from it being absent, attention reads borders off the positions."""
    return {name: torch.stack([row[name] for row in rows]).long() for name in rows[0]}
