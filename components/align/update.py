"""One PPO update: advantages from a rollout, then epochs of clipped minibatch steps.

Shapes: B responses, T tokens, A actions.
"""

from typing import NamedTuple

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor

from components.align.actors import Actors
from components.align.config import UpdateConfig
from components.align.ppo import (
    estimate_advantages,
    explained_variance,
    policy_loss,
    token_entropy,
    token_logprobs,
    value_loss,
    whiten,
)
from components.runtime.sharding import clip_gradients


class Batch(NamedTuple):
    """What the update needs of a rollout, all of it computed before the first step."""

    ids_BT: Tensor
    mask_BA: Tensor
    logprobs_BA: Tensor
    values_BA: Tensor
    advantages_BA: Tensor
    returns_BA: Tensor

    def select(self, rows: Tensor) -> "Batch":
        """Some of the responses, cut to the longest among them."""
        width = int(self.mask_BA[rows].nonzero()[:, 1].max()) + 1
        return Batch(self.ids_BT[rows, : width + 1], *(part[rows, :width] for part in self[1:]))


def build_batch(
    cfg: UpdateConfig, ids_BT: Tensor, mask_BA: Tensor, *, logprobs_BA: Tensor, values_BA: Tensor, rewards_BA: Tensor
) -> Batch:
    """Estimate advantages and returns; whitening uses the moments over all workers' responses."""
    advantages_BA, returns_BA = estimate_advantages(rewards_BA, values_BA, mask_BA, cfg.gamma, cfg.lam)
    if cfg.whiten_advantages:
        advantages_BA = whiten(advantages_BA, mask_BA, *_global_moments(advantages_BA, mask_BA))
    return Batch(ids_BT, mask_BA, logprobs_BA, values_BA, advantages_BA, returns_BA)


def _global_moments(values_BA: Tensor, mask_BA: Tensor) -> tuple[Tensor, Tensor]:
    kept = (values_BA * mask_BA).double()
    sums = torch.stack([kept.sum(), (kept**2).sum(), mask_BA.double().sum()])
    dist.all_reduce(sums)
    mean = sums[0] / sums[2]
    return mean.float(), (sums[1] / sums[2] - mean**2).float()


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
    cfg: UpdateConfig, actors: Actors, optimizer: torch.optim.Optimizer, batch: Batch, *, seed: list[int], first: int
) -> dict[str, float]:
    """All epochs over one batch; returns figures averaged over the steps and the workers.

    `first` is the index of this worker's first response in the global batch.
    """
    figures: list[Tensor] = []
    count, world = len(batch.ids_BT), dist.get_world_size()
    for epoch in range(cfg.epochs):
        for rows in assign_minibatches(count * world, cfg.minibatches, [*seed, epoch]):
            mine = rows[(rows >= first) & (rows < first + count)] - first
            figures.append(_step(cfg, actors, optimizer, batch.select(mine)))
    mean = torch.stack(figures).mean(0)
    dist.all_reduce(mean)
    names = ("policy_loss", "value_loss", "clip_fraction", "approximate_kl", "entropy", "grad_norm")
    result = dict(zip(names, (mean / world).tolist(), strict=True))
    return result | {"explained_variance": float(explained_variance(batch.values_BA, batch.returns_BA, batch.mask_BA))}


def _step(cfg: UpdateConfig, actors: Actors, optimizer: torch.optim.Optimizer, part: Batch) -> Tensor:
    """One optimiser step; losses are means over the global minibatch, whoever holds its longer responses."""
    actions = part.mask_BA.sum()
    dist.all_reduce(actions)
    weight = dist.get_world_size() / float(actions)  # FSDP averages gradients over the workers
    logits_BTV = actors.read(actors.policy, part.ids_BT, part.mask_BA)
    policy = policy_loss(
        token_logprobs(logits_BTV, part.ids_BT), part.logprobs_BA, part.advantages_BA, part.mask_BA,
        cfg.clip_range, weight,
    )  # fmt: skip
    values_BA = actors.value(part.ids_BT)[:, :-1]
    value = value_loss(values_BA, part.values_BA, part.returns_BA, part.mask_BA, cfg.value_clip_range, weight)
    (policy.loss + cfg.value_coefficient * value).backward()  # type: ignore[no-untyped-call]
    norm = clip_gradients(actors.policy, cfg.clip_norm)
    clip_gradients(actors.value, cfg.clip_norm)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    with torch.no_grad():
        entropy = (token_entropy(logits_BTV) * part.mask_BA).sum() * weight
    found = [policy.loss, value, policy.clip_fraction, policy.approximate_kl, entropy, entropy.new_tensor(norm)]
    return torch.stack([figure.detach() for figure in found])
