"""The one file that knows TRL: its trainers, told by a job, with everything around them switched off or our own."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset, disable_progress_bars
from transformers import PreTrainedModel, PreTrainedTokenizerFast
from trl import RewardConfig, RewardTrainer, SFTConfig, SFTTrainer

from components.model.cross_entropy import linear_cross_entropy
from components.model.masks import IGNORED
from components.model.pretrained import OntogenyPreTrainedModel
from components.parallel.mesh import Mesh
from components.runtime.job import CfgT
from components.training.config import FineTuningConfig
from components.training.fine_tuning import FineTuningJob
from components.training.hf_trainer import run_trainer, trainer_arguments
from components.training.placement import told_of_sharding
from components.training.sharded_trainer import ShardedTrainer

COLUMNS = {"loss": "loss", "learning_rate": "learning_rate", "grad_norm": "grad_norm"}
"""What every curve holds, under the trainer's own names."""


def open_samples(file: Path) -> Dataset:
    """The samples of a run where they lie: the file is mapped, not read."""
    disable_progress_bars()
    return Dataset.from_file(str(file))


def train_on_rows(
    job: FineTuningJob[CfgT],
    training: FineTuningConfig,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    rows: Dataset,
    mesh: Mesh,
) -> PreTrainedModel:
    """Supervised training on rows that are tokenised, labelled and packed already; returns the model as it was given.

    That is a language model, or peft's model around one, as `place_model` left it over `mesh`.
    """
    arguments = trainer_arguments(training, job, sample_tokens=len(rows[0]["input_ids"]), world=mesh.data_world)
    with told_of_sharding(model, mesh):
        trainer = _choose_trainer(model)(
            model=model,
            args=SFTConfig(**arguments, max_length=None, dataset_kwargs={"skip_prepare_dataset": True}),
            data_collator=stack_rows,
            train_dataset=rows.with_format("torch"),
            processing_class=tokenizer,
        )
        run_trainer(trainer, job, training.optimization, mesh, columns=COLUMNS)
    # Without the trainer's autocast around it, for what is written is float32.
    trained: PreTrainedModel = trainer.accelerator.unwrap_model(trainer.model, keep_fp32_wrapper=False)
    return trained


def _choose_trainer(model: PreTrainedModel) -> type[SFTTrainer]:
    """TRL's own where nothing cheaper suits: adapters on our classes, which may ask for their labels in the forward."""
    if isinstance(model, OntogenyPreTrainedModel):
        return _SumLossTrainer
    plain = model.get_base_model() if hasattr(model, "get_base_model") else model
    return _PlainTrainer if isinstance(plain, OntogenyPreTrainedModel) else _HeadLossTrainer


class _PlainTrainer(ShardedTrainer, SFTTrainer):  # type: ignore[misc]
    """TRL's own, but for its checkpoints."""


class _HeadLossTrainer(ShardedTrainer, SFTTrainer):  # type: ignore[misc]
    """Takes the loss where the output head is, a few positions at a time, without entropy and accuracy.

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
        """Mean nats a target over the batch of all ranks, as a mean over them of gradients needs it."""
        plain = self.accelerator.unwrap_model(model)
        head = (plain.get_base_model() if hasattr(plain, "get_base_model") else plain).get_output_embeddings()
        texts = {name: value for name, value in inputs.items() if name != "labels"}
        if self._head_is_all is None:
            self._head_is_all = not self.aux_loss_enabled and _is_head_all(model, head, texts)
        if not self._head_is_all:
            loss: torch.Tensor = super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
            return loss
        targets_BT = torch.nn.functional.pad(inputs["labels"][:, 1:], (0, 1), value=IGNORED)
        with _loss_at_head(head, targets_BT):
            total: torch.Tensor = model(**texts, use_cache=False).logits.sum()
        if num_items_in_batch is None:
            return total / (targets_BT != IGNORED).sum().clamp(min=1)
        ranks: int = self.accelerator.num_processes
        return total * ranks / num_items_in_batch


@torch.no_grad()
def _is_head_all(model: Any, head: torch.nn.Module, texts: dict[str, torch.Tensor]) -> bool:
    """Whether logits are the head's product and nothing more."""
    if not isinstance(head, torch.nn.Linear) or getattr(head, "bias", None) is not None:
        return False
    found: list[torch.Tensor] = []
    handle = head.register_forward_hook(lambda _, __, logits_BTV: found.append(logits_BTV))
    try:
        logits_BTV: torch.Tensor = model(**texts, use_cache=False).logits
    finally:
        handle.remove()
    return torch.equal(logits_BTV.float(), found[-1].float())


@contextmanager
def _loss_at_head(head: torch.nn.Module, targets_BT: torch.Tensor) -> Iterator[None]:
    """While the block runs, the head answers with the sum of nats of all targets, [1, 1, 1], in place of logits.

    Inside of the model's forward pass the weights of a sharded head are whole, and gradients begin at its outputs.
    """
    read: list[torch.Tensor] = []

    def keep(_: torch.nn.Module, given: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        read.append(given[0])
        return (given[0][:, -1:].detach(), *given[1:])

    def measure(linear: Any, *_: Any) -> torch.Tensor:
        states_BTC = read.pop()
        total: torch.Tensor = linear_cross_entropy(states_BTC.flatten(0, 1), linear.weight, targets_BT.flatten())
        return total[None, None, None].clone()  # FSDP wants no view returned

    handles = [head.register_forward_pre_hook(keep), head.register_forward_hook(measure)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


class _SumLossTrainer(ShardedTrainer, SFTTrainer):  # type: ignore[misc]
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
    mesh: Mesh,
    *,
    longest: int,
    center_rewards_coefficient: float,
) -> PreTrainedModel:
    """Bradley-Terry training of a scalar model on `chosen_ids` and `rejected_ids`; returns the model as it was given.

    `longest` are the tokens of the longest text. The model may be peft's around a scalar model, and lies over `mesh`.
    """
    arguments = trainer_arguments(training, job, sample_tokens=2 * longest, world=mesh.data_world)
    with told_of_sharding(model, mesh):
        trainer = _PairTrainer(
            model=model,
            args=RewardConfig(
                **arguments,
                max_length=None,  # longer pairs are gone already
                center_rewards_coefficient=center_rewards_coefficient or None,
            ),
            train_dataset=pairs,
            processing_class=tokenizer,
        )
        columns = {**COLUMNS, "accuracy": "accuracy", "margin": "margin"}
        run_trainer(trainer, job, training.optimization, mesh, columns=columns)
    trained: PreTrainedModel = trainer.model
    return trained


class _PairTrainer(ShardedTrainer, RewardTrainer):  # type: ignore[misc]
    """TRL's own, but for its checkpoints."""


def stack_rows(rows: list[dict[str, torch.Tensor]]) -> dict[str, torch.Tensor]:
    """A batch. Packed rows have no attention mask: from it being absent, attention reads borders off the positions."""
    return {name: torch.stack([row[name] for row in rows]).long() for name in rows[0]}
