"""Mixture of experts: a router that gives each token to one or two feed-forward layers.

Sources: Fedus et al. 2022 (Switch Transformer, top-1), Du et al. 2022 (GLaM, top-2), Zoph et al. 2022 (ST-MoE, router
z-loss). Shapes: N tokens, E experts, k choices of a token, C model width, W inner width.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, one_hot, softmax

from components.model.config import GATED
from components.model.families import OntogenyDecoderConfig
from components.model.feed_forward import activate

CHOICES = {"switch": 1, "top2": 2}


class Routing(NamedTuple):
    """The router's answer: chosen experts and their weights, [N, k]; a dropped choice has weight zero."""

    experts_Nk: Tensor
    weights_Nk: Tensor
    losses_2: Tensor
    """Load balance and router z, before their coefficients."""


def route(logits_NE: Tensor, choices: int, capacity: int | None) -> Routing:
    """Choose experts from router logits.

    One choice keeps its probability as its weight, so that the router learns from it (Switch, eq. 2); two share
    a weight of one (GLaM). An expert takes its first `capacity` tokens, all first choices before any second.
    """
    probabilities_NE = softmax(logits_NE.float(), dim=-1)
    weights_Nk, experts_Nk = probabilities_NE.topk(choices, dim=-1)
    if choices > 1:
        weights_Nk = weights_Nk / weights_Nk.sum(-1, keepdim=True)
    losses_2 = torch.stack([balance_loss(probabilities_NE, experts_Nk[:, 0]), router_z_loss(logits_NE)])
    if capacity is not None:
        weights_Nk = weights_Nk * find_room(experts_Nk, logits_NE.shape[-1], capacity)
    return Routing(experts_Nk, weights_Nk, losses_2)


def find_room(experts_Nk: Tensor, n_experts: int, capacity: int) -> Tensor:
    """True for each choice that its expert still has room for, [N, k]."""
    queue = one_hot(experts_Nk.t().flatten(), n_experts)  # all first choices, then all second ones
    place = (queue.cumsum(0) * queue).sum(-1)
    return (place <= capacity).view(experts_Nk.shape[1], -1).t()


def balance_loss(probabilities_NE: Tensor, first_choice_N: Tensor) -> Tensor:
    """E times the dot product of token shares and mean probabilities: one when even (Switch, eq. 4)."""
    n_experts = probabilities_NE.shape[-1]
    shares_E = one_hot(first_choice_N, n_experts).float().mean(0)
    return n_experts * (shares_E * probabilities_NE.mean(0)).sum()


def router_z_loss(logits_NE: Tensor) -> Tensor:
    """Mean squared log-partition of the router (ST-MoE, eq. 5)."""
    return logits_NE.float().logsumexp(-1).square().mean()


class Experts(nn.Module):
    """All experts' weights in three-dimensional tables; called as transformers' Mixtral calls its own."""

    def __init__(self, config: OntogenyDecoderConfig) -> None:
        super().__init__()
        self.activation = config.activation
        parts = 2 if config.activation in GATED else 1
        e, c, w = config.num_experts, config.hidden_size, config.intermediate_size
        self.up = nn.Parameter(torch.empty(e, parts * w, c))
        self.down = nn.Parameter(torch.empty(e, c, w))

    def forward(self, x_NC: Tensor, experts_Nk: Tensor, weights_Nk: Tensor) -> Tensor:
        """Sum over each token's experts, weighted, [N, C]."""

        def run(expert: int, x: Tensor) -> Tensor:
            return linear(activate(linear(x, self.up[expert]), self.activation), self.down[expert])

        return dispatch(x_NC, experts_Nk, weights_Nk, len(self.up), run)


def dispatch(
    x_NC: Tensor, experts_Nk: Tensor, weights_Nk: Tensor, n_experts: int, run: Callable[[int, Tensor], Tensor]
) -> Tensor:
    """Give each expert its tokens side by side, and sum what comes back by token, [N, C]."""
    order = experts_Nk.flatten().argsort(stable=True)
    tokens = order // experts_Nk.shape[1]
    counts = one_hot(experts_Nk.flatten(), n_experts).sum(0).tolist()
    parts = [run(expert, x) if len(x) else x for expert, x in enumerate(torch.split(x_NC[tokens], counts))]
    weighted = torch.cat(parts) * weights_Nk.flatten()[order, None].to(x_NC.dtype)
    return torch.zeros_like(x_NC).index_add_(0, tokens, weighted.to(x_NC.dtype))


class Router(nn.Module):
    """One logit for each expert, in float32: small differences decide. No linear layer, so nothing quantizes it."""

    def __init__(self, config: OntogenyDecoderConfig) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(config.num_experts, config.hidden_size))

    def forward(self, x_NC: Tensor) -> Tensor:
        """Logits [N, E]."""
        return linear(x_NC.float(), self.weight.float())


class MixtureOfExperts(nn.Module):
    """Router and experts in place of a dense feed-forward layer."""

    def __init__(self, config: OntogenyDecoderConfig) -> None:
        super().__init__()
        self.choices = CHOICES[config.feed_forward_kind]
        self.capacity_factor = config.capacity_factor
        self.router = Router(config)
        self.experts = Experts(config)

    def forward(self, x_BTC: Tensor) -> tuple[Tensor, Tensor]:
        """The layer's output and its two router losses."""
        x_NC = x_BTC.flatten(0, 1)
        routing = route(self.router(x_NC), self.choices, self._capacity(len(x_NC)))
        y_NC = self.experts(x_NC, routing.experts_Nk, routing.weights_Nk)
        return y_NC.view_as(x_BTC), routing.losses_2

    def _capacity(self, tokens: int) -> int | None:
        """Room in training; at inference no token is dropped, or a text would depend on its company."""
        if self.capacity_factor is None or not self.training:
            return None
        return math.ceil(self.capacity_factor * self.choices * tokens / len(self.router.weight))
