"""One PPO update: advantages from a rollout, then epochs of clipped minibatch steps.

Shapes: B responses, A response tokens.
"""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from components.align.advantages import estimate_advantages, explained_variance, whiten
from components.align.config import UpdateConfig
from components.align.losses import policy_loss, value_loss
from components.align.models import PpoModels
from components.align.texts import Texts, split_by_length
from components.optim.clip import clip_gradients
from components.parallel.mesh import Mesh

WATCHED = ("policy_loss", "value_loss", "clip_fraction", "approximate_kl", "entropy")


class Batch(NamedTuple):
    """What the update needs of a rollout, all of it computed before the first step."""

    texts: Texts
    logprobs_BA: Tensor
    values_BA: Tensor
    advantages_BA: Tensor
    returns_BA: Tensor

    def select(self, rows: Tensor) -> "Batch":
        """Some of the responses, cut to the longest among them."""
        texts = self.texts.select(rows)
        return Batch(texts, *(part[rows, : texts.mask_BA.shape[1]] for part in self[1:]))


def build_batch(
    cfg: UpdateConfig, texts: Texts, mesh: Mesh, *, logprobs_BA: Tensor, values_BA: Tensor, rewards_BA: Tensor
) -> Batch:
    """Estimate advantages and returns; whitening uses the moments over all workers' responses."""
    mask_BA = texts.chosen_BA
    advantages_BA, returns_BA = estimate_advantages(rewards_BA, values_BA, mask_BA, cfg.gamma, cfg.lam)
    if cfg.whiten_advantages:
        advantages_BA = whiten(advantages_BA, mask_BA, mesh)
    return Batch(texts, logprobs_BA, values_BA, advantages_BA, returns_BA)


def assign_minibatches(n_responses: int, minibatches: int, seed: list[int]) -> list[Tensor]:
    """Indices of each minibatch: every block of `minibatches` neighbours gives one to each, at random.

    Because a block never spans two workers, the split of the global batch is the same for any number of them.
    """
    rng = np.random.default_rng(seed)
    blocks = n_responses // minibatches
    order = np.stack([rng.permutation(minibatches) for _ in range(blocks)])
    base = np.arange(blocks) * minibatches
    return [torch.from_numpy(base + order[:, m]) for m in range(minibatches)]


def update(
    cfg: UpdateConfig,
    models: PpoModels,
    optimizer: torch.optim.Optimizer,
    batch: Batch,
    *,
    clip_norm: float,
    seed: list[int],
    first: int,
) -> dict[str, float]:
    """All epochs over one batch; returns figures averaged over the steps and the workers.

    Policy and value have their gradients clipped to `clip_norm` each; `first` is the index of this worker's first
    response in the global batch.
    """
    figures: list[Tensor] = []
    count, world = len(batch.texts.ids_BT), models.mesh.data_world
    for epoch in range(cfg.epochs):
        for rows in assign_minibatches(count * world, cfg.minibatches, [*seed, epoch]):
            mine = rows[(rows >= first) & (rows < first + count)] - first
            figures.append(_step(cfg, models, optimizer, batch.select(mine), clip_norm))
    models.updates += 1
    mean = torch.stack(figures).mean(0)
    models.mesh.sum_losses(mean)
    result = dict(zip((*WATCHED, "grad_norm"), (mean / world).tolist(), strict=True))
    mask_BA = batch.texts.chosen_BA
    return result | {"explained_variance": float(explained_variance(batch.values_BA, batch.returns_BA, mask_BA))}


def _step(
    cfg: UpdateConfig, models: PpoModels, optimizer: torch.optim.Optimizer, part: Batch, clip_norm: float
) -> Tensor:
    """One optimiser step; losses are means over the global minibatch, whoever holds its longer responses."""
    actions = part.texts.chosen_BA.sum()
    models.mesh.sum_losses(actions)
    weight = models.mesh.data_world / float(actions)  # FSDP averages gradients over the workers
    chunks = split_by_length(part.texts.lengths_B, models.count_sequences(part.texts))
    found = torch.zeros(len(WATCHED), device=actions.device)
    for number, rows in enumerate(chunks, start=1):
        for network in (models.policy, models.value):
            network.set_requires_gradient_sync(number == len(chunks))  # type: ignore[operator]  # FSDP's method
        found += _accumulate(cfg, models, part.select(rows), weight)
    norm = clip_gradients(models.policy, clip_norm)
    clip_gradients(models.value, clip_norm)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return torch.cat([found, found.new_tensor([norm])])


def _accumulate(cfg: UpdateConfig, models: PpoModels, part: Batch, weight: float) -> Tensor:
    """Gradients of both losses on a few responses of alike lengths; returns what is watched."""
    mask_BA = part.texts.chosen_BA
    found = models.forward_policy(part.texts)
    policy = policy_loss(found.logprobs_BA, part.logprobs_BA, part.advantages_BA, mask_BA, cfg.clip_range, weight)
    policy.loss.backward()  # type: ignore[no-untyped-call]
    values_BA = models.forward_values(part.texts, found.states_BAC)
    value = value_loss(values_BA, part.values_BA, part.returns_BA, mask_BA, cfg.value_clip_range, weight)
    (cfg.value_coefficient * value).backward()  # type: ignore[no-untyped-call]
    entropy = (found.entropy_BA * mask_BA).sum() * weight
    return torch.stack([policy.loss, value, policy.clip_fraction, policy.approximate_kl, entropy]).detach()
