"""Choosing demonstrations one after the other, learned offline from what past choices brought.

Source: Zhang et al. 2022 (arXiv 2211.04486): the state is what has been shown so far, an action shows one more, its
reward is the change of accuracy that it brings, so rewards add up to what the whole prompt gains over none. Q-learning
from recorded episodes, with the conservative term of Kumar et al. 2020 (arXiv 2006.04779), which keeps actions low that
nobody tried. Shapes: N candidates, E episodes, K steps, F features,
S states.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from components.retrieval.words import Floats

MeasureAccuracy = Callable[[Sequence[tuple[int, ...]]], Sequence[float]]
"""Of each sequence of demonstrations: the share of a reward set that a model answers right behind it."""


@dataclass(frozen=True)
class Episode:
    """Demonstrations in the order in which they were shown, and what each brought."""

    actions: tuple[int, ...]
    rewards: tuple[float, ...]


@dataclass(frozen=True)
class Learning:
    """How values are learned."""

    hidden: int
    steps: int
    learning_rate: float
    conservatism: float
    """Weight of the conservative term beside the squared error."""
    target_every: int
    """Steps after which the network that values what comes next takes the learned weights."""
    seed: int


def record_episodes(measure: MeasureAccuracy, candidates: int, shots: int, count: int, seed: int) -> list[Episode]:
    """Random episodes; each beginning is measured once, all of them in one call.

    First actions go through the candidates in turn, so that each is tried as often as all others.
    """
    rng = np.random.default_rng(seed)
    firsts: list[int] = []
    while len(firsts) < count:
        firsts += rng.permutation(candidates).tolist()
    walks = []
    for first in firsts[:count]:
        others = [place for place in rng.permutation(candidates).tolist() if place != first]
        walks.append((first, *others[: shots - 1]))
    beginnings = sorted({walk[:length] for walk in walks for length in range(shots + 1)})
    accuracy = dict(zip(beginnings, measure(beginnings), strict=True))
    return [
        Episode(walk, tuple(accuracy[walk[: step + 1]] - accuracy[walk[:step]] for step in range(shots)))
        for walk in walks
    ]


class DemonstrationPolicy:
    """Values of showing each candidate next, by what the shown ones and the candidate are."""

    def __init__(self, vectors_NC: Floats, hidden: int, seed: int) -> None:
        self._vectors_NC = torch.from_numpy(vectors_NC)
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(seed)
            features = 2 * vectors_NC.shape[1] + 2
            self.network = nn.Sequential(nn.Linear(features, hidden), nn.ReLU(), nn.Linear(hidden, 1)).double()

    def describe(self, states: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """Features of each candidate in each state, [S, N, F], and which of them are shown already, [S, N]."""
        vectors_NC = self._vectors_NC
        size, width = vectors_NC.shape
        features_SNF = vectors_NC.new_zeros(len(states), size, 2 * width + 2)
        shown_SN = torch.zeros(len(states), size, dtype=torch.bool)
        features_SNF[:, :, :width] = vectors_NC
        for row, shown in enumerate(map(list, states)):
            if shown:
                shown_SN[row, shown] = True
                features_SNF[row, :, width : 2 * width] = vectors_NC[shown].mean(dim=0)
                features_SNF[row, :, -2] = (vectors_NC @ vectors_NC[shown].T).amax(dim=1)
                features_SNF[row, :, -1] = len(shown)
        return features_SNF, shown_SN

    @torch.no_grad()
    def choose(self, shots: int) -> list[int]:
        """The best next candidate, again and again."""
        shown: list[int] = []
        while len(shown) < shots:
            [values_N] = measure_values(self.network, *self.describe([shown]))
            shown.append(int(values_N.argmax()))
        return shown


def measure_values(network: nn.Module, features_SNF: Tensor, shown_SN: Tensor) -> Tensor:
    """Q of showing each candidate next, [S, N]; minus infinity for those that are shown already."""
    values_SN: Tensor = network(features_SNF).squeeze(-1)
    return values_SN.masked_fill(shown_SN, float("-inf"))


def learn_policy(episodes: Sequence[Episode], vectors_NC: Floats, cfg: Learning) -> DemonstrationPolicy:
    """A policy from recorded episodes alone, undiscounted; the same to the bit for the same seed.

    `vectors_NC` tell candidates apart, and let what was learned of one count for those like it.
    """
    policy = DemonstrationPolicy(vectors_NC, cfg.hidden, cfg.seed)
    target = copy.deepcopy(policy.network)
    steps = [(episode, at) for episode in episodes for at in range(len(episode.actions))]
    features = policy.describe([episode.actions[:at] for episode, at in steps])
    actions_S = torch.tensor([episode.actions[at] for episode, at in steps])
    rewards_S = torch.tensor([episode.rewards[at] for episode, at in steps], dtype=torch.float64)
    last_S = torch.tensor([at + 1 == len(episode.actions) for episode, at in steps])
    optimizer = torch.optim.Adam(policy.network.parameters(), lr=cfg.learning_rate)
    for step in range(cfg.steps):
        if step % cfg.target_every == 0:
            target.load_state_dict(policy.network.state_dict())
            with torch.no_grad():
                # An episode's states stand one after the other: what a state comes to is the next row.
                after_S = measure_values(target, *features).amax(dim=1).roll(-1)
            goals_S = rewards_S + after_S.masked_fill(last_S, 0.0)
        loss = measure_conservative_loss(
            measure_values(policy.network, *features), actions_S, goals_S, cfg.conservatism
        )
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return policy


def measure_conservative_loss(values_SN: Tensor, actions_S: Tensor, goals_S: Tensor, conservatism: float) -> Tensor:
    """The squared error of what was done, and how far all that could be done is valued above it (log-sum-exp)."""
    done_S = values_SN.gather(1, actions_S[:, None]).squeeze(1)
    above_S = values_SN.logsumexp(dim=1) - done_S
    return ((done_S - goals_S) ** 2 + conservatism * above_S).mean()
