"""Learning from preference pairs on every worker, without a rollout.

Shapes: B pairs, R = 2 B rows (the chosen answers, then the rejected ones), A response tokens.
"""

from collections.abc import Sequence
from typing import assert_never

import numpy as np
import torch
from torch import Tensor, nn

from components.align.config import DpoConfig, OfflineConfig, OfflineMethod
from components.align.evaluation import PolicyEvaluator
from components.align.losses import PreferenceLoss, dpo_loss
from components.align.models import PolicyModels
from components.align.pairs import pack_pairs
from components.align.texts import Texts
from components.base.errors import DataError, PipelineError
from components.datasets.preferences import Pair
from components.optim.build import build_optimizer, set_learning_rates
from components.optim.clip import clip_gradients
from components.training.loop import Figures, Interval


class OfflineTrainee:
    """What the step loop trains: a step is one batch of pairs, drawn anew in each epoch."""

    def __init__(
        self, cfg: OfflineMethod, models: PolicyModels, pairs: Sequence[Pair], evaluator: PolicyEvaluator, seed: int
    ) -> None:
        self.cfg, self.models, self.pairs, self.evaluator, self.seed = cfg, models, pairs, evaluator, seed
        self.total_steps = count_steps(cfg, len(pairs))
        _require_equal_shares(cfg, models.mesh.data_world)
        self.model: nn.Module = models.trained
        self.optimizer: torch.optim.Optimizer = build_optimizer(models.policy, cfg.optimization)
        self.state: dict[str, float] = {}
        self._figures: Figures = {}

    def begin(self, step: int) -> None:
        """Before the first step: the figures to compare with."""
        if not step:
            self.state |= {f"{name}_before": value for name, value in self.evaluator.evaluate(by_task=True).items()}

    def update(self, step: int) -> None:
        """One batch: the mean loss over all workers' pairs, a few of them at a time."""
        mesh = self.models.mesh
        set_learning_rates(self.optimizer, self.cfg.optimization, step, self.total_steps)
        rank, world = mesh.data_rank, mesh.data_world
        mine = draw_batch(self.pairs, self.cfg.batch_size, step, seed=self.seed, rank=rank, world=world)
        texts = pack_pairs(mine, pad_token_id=self.models.tokenizer.pad_token_id)
        reference_R = self.models.reference_logprobs(texts).sum(1)
        count = len(reference_R) // 2
        parts = list(torch.split(_order_by_length(texts), max(1, self.models.count_sequences(texts) // 2)))
        found = torch.zeros(len(PreferenceLoss._fields), device=reference_R.device)
        for number, part in enumerate(parts, start=1):
            self.models.policy.set_requires_gradient_sync(number == len(parts))  # type: ignore[operator]  # FSDP's
            rows = torch.cat([part, part + count])
            # FSDP averages gradients over the workers, who have equally many pairs.
            found += self._accumulate(texts.select(rows), reference_R[rows], weight=1 / count)
        norm = clip_gradients(self.models.policy, self.cfg.optimization.clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.models.updates += 1
        means = (mesh.sum_losses(found) / mesh.data_world).tolist()
        names = ("loss", "pair_margin", "pair_accuracy")
        self._figures = {
            **dict(zip(names, means, strict=True)),
            "grad_norm": norm,
            "learning_rate": self.optimizer.param_groups[0]["lr"],
        }

    def _accumulate(self, texts: Texts, reference_R: Tensor, weight: float) -> Tensor:
        """Gradients of a few pairs; returns what is watched."""
        logprobs_R = (self.models.forward_policy(texts).logprobs_BA * texts.mask_BA).sum(1)
        found = self._compute_loss(logprobs_R, reference_R, weight)
        found.loss.backward()  # type: ignore[no-untyped-call]
        return torch.stack(found).detach()

    def _compute_loss(self, logprobs_R: Tensor, reference_R: Tensor, weight: float) -> PreferenceLoss:
        """The loss of the method, from ln p of whole answers under the policy and the reference."""
        (chosen_B, rejected_B), references = logprobs_R.chunk(2), reference_R.chunk(2)
        match self.cfg:
            case DpoConfig(beta=beta):
                return dpo_loss(chosen_B, rejected_B, *references, beta=beta, weight=weight)
            case _:
                assert_never(self.cfg)

    def read_figures(self, step: int, interval: Interval, *, validate: bool) -> Figures:
        """The batch's figures, and the policy's on held-out prompts when they are due."""
        held_out: Figures = dict.fromkeys(("reward", "kl", "exact_match", "worked_share"))
        if validate:
            held_out |= self.evaluator.evaluate()
        return {**self._figures, **held_out, "seconds": interval.seconds}


def draw_batch(pairs: Sequence[Pair], batch_size: int, step: int, *, seed: int, rank: int, world: int) -> list[Pair]:
    """A worker's part of a step's batch; an epoch's order depends on the seed alone, and what fills no batch waits."""
    epoch, index = divmod(step - 1, len(pairs) // batch_size)
    order = np.random.default_rng([seed, epoch]).permutation(len(pairs))
    share = batch_size // world
    first = index * batch_size + rank * share
    return [pairs[int(place)] for place in order[first : first + share]]


def count_steps(cfg: OfflineConfig, pairs: int) -> int:
    """Whole batches of all epochs. Raises DataError for fewer pairs than one batch."""
    if pairs < cfg.batch_size:
        raise DataError(f"align: {pairs} preference pairs to train on are fewer than align.batch_size {cfg.batch_size}")
    return cfg.epochs * (pairs // cfg.batch_size)


def _require_equal_shares(cfg: OfflineConfig, world: int) -> None:
    """FSDP gathers in every forward pass, so each worker must make equally many."""
    if cfg.batch_size % world or cfg.evaluation.prompts % world:
        raise PipelineError(
            f"align: batch_size {cfg.batch_size} and evaluation.prompts {cfg.evaluation.prompts} must be multiples of "
            f"{world} workers"
        )


def _order_by_length(texts: Texts) -> Tensor:
    """Indices of the pairs [B], shortest first by their longer side."""
    return torch.argsort(torch.maximum(*texts.lengths_B.chunk(2)), stable=True)
