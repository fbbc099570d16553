"""The training loop that runs on every worker under Ray Train.

Shapes: B sequences of one micro-batch, T positions, V vocabulary.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from transformers import PreTrainedTokenizerFast

from components.base.errors import PipelineError
from components.base.metrics import Curves
from components.model.training_loss import sum_training_loss
from components.model.visibility import IGNORED
from components.optim.build import build_optimizer, set_learning_rate
from components.optim.schedule import compute_learning_rate
from components.pretrain.build import make_model
from components.pretrain.config import PretrainConfig, TrainingConfig
from components.pretrain.evaluation import measure_validation_loss
from components.pretrain.objective import TRAINING, Objective, find_targets
from components.runtime.checkpoint import Checkpointer
from components.runtime.cluster import TrainClusterConfig, count_log_interval
from components.runtime.divergence import require_finite_step
from components.runtime.folder import save_model
from components.runtime.job import TrainJob
from components.runtime.sharding import clip_gradients, find_device, gather_state, shard_model
from components.shards.order import batch_for_step, slice_for_rank
from components.shards.reader import ShardSet
from components.text.sentinels import find_sentinels
from components.text.tokenizer import hash_tokenizer, load_tokenizer, require_same_tokenizer


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
    model = make_model(cfg, tokenizer, seed)
    config = model.config
    loop = PretrainLoop(
        cfg.training,
        model,
        make_objective(cfg, tokenizer, seed, pair=config.is_encoder_decoder),
        train_set=train_set,
        validation_set=validation_set,
        run_folder=job.run.run_folder,
        cluster=job.cluster,
        seed=seed,
    )
    loop.run(job.run.curves)

    state = gather_state(model)
    if dist.get_rank() == 0:
        plain = type(model)._from_config(config)
        plain.load_state_dict(state)
        plain.generation_config = model.generation_config
        save_model(plain, tokenizer, job.run.out / "model")
    dist.barrier()


def make_objective(cfg: PretrainConfig, tokenizer: PreTrainedTokenizerFast, seed: int, *, pair: bool) -> Objective:
    """The run's objective, with the tokenizer's own sentinels."""
    return Objective(
        cfg.objective, find_sentinels(tokenizer), pad_token_id=tokenizer.pad_token_id, pair=pair, seed=seed
    )


class PretrainLoop:
    """One model, its optimiser and its data, from the last checkpoint to the last step."""

    def __init__(
        self,
        cfg: TrainingConfig,
        model: nn.Module,
        objective: Objective,
        *,
        train_set: ShardSet,
        validation_set: ShardSet,
        run_folder: Path,
        cluster: TrainClusterConfig,
        seed: int,
    ) -> None:
        self.cfg, self.objective, self.seed = cfg, objective, seed
        self.train_set, self.validation_set = train_set, validation_set
        self.rank, self.world = dist.get_rank(), dist.get_world_size()
        self.batch_sequences = count_batch_sequences(cfg, self.world)
        self.total_steps = count_steps(cfg)
        self.model = shard_model(model, param_dtype=torch.bfloat16 if cfg.precision == "bf16" else None)
        self.optimizer = build_optimizer(self.model, cfg.optimization)
        self.run_folder = run_folder
        self.checkpointer = Checkpointer(run_folder, cluster.checkpoint_every_s)
        self.log_every_steps = count_log_interval(cluster.log_every_steps, self.total_steps)
        self.micro_sequences = max(1, cluster.micro_batch_tokens // cfg.seq_len)

    def run(self, curves_path: Path) -> None:
        """Train up to the last step; curve points, validation and checkpoints each come due on their own."""
        step = self.checkpointer.restore(self.model, self.optimizer, {})
        curves = Curves(curves_path, step) if self.rank == 0 else None
        self.model.train()
        speed = _Speed()
        while step < self.total_steps:
            step += 1
            rate = compute_learning_rate(self.cfg.optimization, step, self.total_steps)
            loss, norm = self._update(step, rate)
            speed.add(self.cfg.global_batch_tokens)
            validated = self._is_due(step, self.cfg.validate_every_steps)
            if validated or self._is_due(step, self.log_every_steps):
                values = {
                    "loss": self._average(loss),
                    "learning_rate": rate,
                    "grad_norm": norm,
                    "tokens_per_s": speed.read(),
                    "val_loss": self._validate() if validated else None,
                }
                require_finite_step(values, step=step, run_folder=self.run_folder)
                if curves:
                    curves.log(step, values)
                speed = _Speed()
            if step < self.total_steps:
                self.checkpointer.save_if_due(step, self.model, self.optimizer, {})
        self.checkpointer.finish()

    def _update(self, step: int, rate: float) -> tuple[torch.Tensor, float]:
        """One optimiser step on the global batch; returns this rank's share of the mean loss, and the norm."""
        rows = batch_for_step(
            self.train_set, step - 1, self.batch_sequences, self.cfg.seq_len, self.seed, self.rank, self.world
        )
        first = slice_for_rank(self.batch_sequences, self.rank, self.world).start
        keys = [(TRAINING, step, first + i) for i in range(len(rows))]
        set_learning_rate(self.optimizer, rate)
        micros = [slice(i, i + self.micro_sequences) for i in range(0, len(rows), self.micro_sequences)]
        batches = [self.objective.make_batch(rows[micro], keys[micro]) for micro in micros]
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
        require_finite_step({"grad_norm": norm}, step=step, run_folder=self.run_folder)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        return total, norm

    def _count_targets(self, batches: list[dict[str, torch.Tensor]]) -> float:
        """Targets of a step on a rank, on average over ranks: what makes a sum over all ranks a mean."""
        count = torch.tensor(float(sum(int((find_targets(b) != IGNORED).sum()) for b in batches)))
        if not self.objective.asks_everything:  # else every rank has equally many
            dist.all_reduce(count := count.to(find_device()))
            count = count / self.world
        return float(count)

    def _validate(self) -> float:
        return measure_validation_loss(
            self.model,
            self.validation_set,
            self.objective,
            seq_len=self.cfg.seq_len,
            max_sequences=self.cfg.validation_sequences,
        )

    def _average(self, share: torch.Tensor) -> float:
        dist.all_reduce(share)
        return float(share) / self.world

    def _is_due(self, step: int, every: int) -> bool:
        return step % every == 0 or step == self.total_steps


class _Speed:
    """Tokens a second since it was made."""

    def __init__(self) -> None:
        self._since, self._tokens = time.perf_counter(), 0

    def add(self, tokens: int) -> None:
        self._tokens += tokens

    def read(self) -> float:
        return self._tokens / (time.perf_counter() - self._since)


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
