"""What a training worker of this room does: the steps that make a base model of random or given weights.

Shapes: B sequences of one micro-batch, T positions, V vocabulary.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from transformers import PreTrainedTokenizerFast

from components.base.errors import PipelineError
from components.model.capabilities import is_encoder_decoder
from components.model.masks import IGNORED
from components.model.training_loss import sum_training_loss
from components.optim.build import build_optimizer, set_learning_rates
from components.optim.clip import clip_gradients
from components.parallel.device import find_device
from components.parallel.fsdp import shard_model
from components.parallel.mesh import Mesh, build_mesh
from components.pretrain.build import choose_form, make_start
from components.pretrain.config import PretrainConfig, TrainingConfig
from components.pretrain.evaluation import measure_validation_loss
from components.pretrain.objective import TRAINING, Objective, find_targets
from components.runtime.cluster import count_log_interval
from components.runtime.divergence import require_finite_step
from components.runtime.job import TrainJob
from components.runtime.sharded_save import save_sharded
from components.shards.order import batch_for_step, slice_for_rank
from components.shards.reader import ShardSet
from components.text.sentinels import find_sentinels
from components.text.tokenizer import hash_tokenizer, load_tokenizer, require_same_tokenizer
from components.training.loop import Figures, Interval, run_steps


@dataclass(frozen=True)
class PretrainInputs:
    """What pretraining reads."""

    tokens: Path
    """The tokens artifact: shards, and the tokenizer that made them."""


PretrainJob = TrainJob[PretrainConfig, PretrainInputs]


def train(job: PretrainJob) -> None:
    """Train, checkpoint and save one model; every rank runs this."""
    cfg, tokens = job.cfg, job.inputs.tokens
    tokenizer = load_tokenizer(tokens / "tokenizer")
    train_set, validation_set = ShardSet(tokens, "train"), ShardSet(tokens, "validation")
    require_same_tokenizer(hash_tokenizer(tokenizer), train_set.tokenizer_sha256, str(tokens))

    seed = job.seed + cfg.training.seed_offset
    (model, fill), mesh = make_start(cfg, tokenizer, seed), build_mesh(job.cluster.parallel)
    config = model.config
    trainee = Pretraining(
        job,
        model,
        mesh,
        make_objective(cfg, tokenizer, seed, encoder_decoder=is_encoder_decoder(config)),
        train_set=train_set,
        validation_set=validation_set,
        seed=seed,
    )
    fill()
    log_every_steps = count_log_interval(job.cluster.log_every_steps, job.total_steps)
    validate_every_steps = cfg.training.validate_every_steps
    run_steps(job, trainee, mesh, log_every_steps=log_every_steps, validate_every_steps=validate_every_steps)

    save_sharded(model, tokenizer, job.run.out / "model", mesh, form=choose_form(cfg, tokenizer))
    mesh.wait_for_all()


def make_objective(
    cfg: PretrainConfig, tokenizer: PreTrainedTokenizerFast, seed: int, *, encoder_decoder: bool
) -> Objective:
    """The run's objective, with the tokenizer's own sentinels and end of a document."""
    return Objective(
        cfg.objective,
        find_sentinels(tokenizer),
        pad_token_id=tokenizer.pad_token_id,
        encoder_decoder=encoder_decoder,
        seed=seed,
        end_id=tokenizer.eos_token_id if cfg.training.separate_documents else None,
    )


class Pretraining:
    """One model, its optimiser and its data: what the step loop trains."""

    def __init__(
        self,
        job: PretrainJob,
        model: nn.Module,
        mesh: Mesh,
        objective: Objective,
        *,
        train_set: ShardSet,
        validation_set: ShardSet,
        seed: int,
    ) -> None:
        self.job, self.cfg = job, job.cfg.training
        self.mesh, self.objective, self.seed = mesh, objective, seed
        self.train_set, self.validation_set = train_set, validation_set
        self.batch_sequences = count_batch_sequences(self.cfg, mesh.data_world)
        self.micro_sequences = max(1, job.cluster.micro_batch_tokens // self.cfg.seq_len)
        param_dtype = torch.bfloat16 if self.cfg.precision == "bf16" else None
        self.model = shard_model(model, mesh, param_dtype=param_dtype, recompute=job.cluster.activation_checkpointing)
        self.optimizer: torch.optim.Optimizer = build_optimizer(self.model, self.cfg.optimization)
        self.state: dict[str, float] = {}
        self._loss, self._norm = torch.zeros(()), 0.0

    def begin(self, step: int) -> None:
        """Nothing is measured before the first step."""
        self.model.train()

    def update(self, step: int) -> None:
        """One optimiser step on the global batch; keeps this worker's share of the mean loss, and the norm."""
        batches = self._make_batches(step)
        set_learning_rates(self.optimizer, self.cfg.optimization, step, self.job.total_steps)
        share = self._count_targets(batches)
        total = torch.zeros((), device=find_device())
        for batch in batches:
            self.model.set_requires_gradient_sync(batch is batches[-1])  # type: ignore[operator]  # FSDP's method
            on_device = {name: tensor.to(find_device()) for name, tensor in batch.items()}
            loss = sum_training_loss(self.model, on_device) / share
            loss.backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
        norm = clip_gradients(self.model, self.cfg.optimization.clip_norm)
        # The norm is that of all workers, and NaN as soon as the loss of one is.
        require_finite_step({"grad_norm": norm}, step=step, run_folder=self.job.run.run_folder)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self._loss, self._norm = total, norm

    def read_figures(self, step: int, interval: Interval, *, validate: bool) -> Figures:
        """Loss of the last batch, its rate and norm, tokens a second, and the validation loss when it is due."""
        return {
            "loss": float(self.mesh.sum_losses(self._loss)) / self.mesh.data_world,
            "learning_rate": self.optimizer.param_groups[0]["lr"],
            "grad_norm": self._norm,
            "tokens_per_s": interval.steps * self.cfg.global_batch_tokens / interval.seconds,
            "val_loss": self._validate() if validate else None,
        }

    def _make_batches(self, step: int) -> list[dict[str, torch.Tensor]]:
        """This worker's part of the step's global batch, in portions that fit in its memory."""
        rank, world, size = self.mesh.data_rank, self.mesh.data_world, self.micro_sequences
        rows = batch_for_step(self.train_set, step - 1, self.batch_sequences, self.cfg.seq_len, self.seed, rank, world)
        first = slice_for_rank(self.batch_sequences, rank, world).start
        keys = [(TRAINING, step, first + i) for i in range(len(rows))]
        return [self.objective.make_batch(rows[i : i + size], keys[i : i + size]) for i in range(0, len(rows), size)]

    def _count_targets(self, batches: list[dict[str, torch.Tensor]]) -> float:
        """Targets of a step on a rank, on average over ranks: what makes a sum over all ranks a mean."""
        count = torch.tensor(float(sum(int((find_targets(b) != IGNORED).sum()) for b in batches)))
        if not self.objective.asks_everything:  # else every rank has equally many
            count = self.mesh.sum_losses(count.to(find_device())) / self.mesh.data_world
        return float(count)

    def _validate(self) -> float:
        return measure_validation_loss(
            self.model,
            self.validation_set,
            self.objective,
            self.mesh,
            seq_len=self.cfg.seq_len,
            max_sequences=self.cfg.validation_sequences,
        )


def count_steps(cfg: TrainingConfig) -> int:
    """Optimiser steps that consume `total_tokens`."""
    return cfg.total_tokens // cfg.global_batch_tokens


def count_batch_sequences(cfg: TrainingConfig, world: int) -> int:
    """Sequences in the global batch; raises PipelineError unless every worker gets equally many."""
    sequences = cfg.global_batch_tokens // cfg.seq_len
    if sequences == 0 or sequences % world:
        raise PipelineError(
            f"pretrain.training: global_batch_tokens {cfg.global_batch_tokens} is {sequences} sequences of "
            f"{cfg.seq_len}, which {world} workers cannot share equally"
        )
    return sequences
