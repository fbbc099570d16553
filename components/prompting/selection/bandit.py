"""Demonstrations that a learned policy shows one after the other (selection as reinforcement learning)."""

from collections.abc import Sequence

import numpy as np

from components.base.rng import derive_seed
from components.prompting.selection.learned_config import BanditSelection
from components.prompting.selection.pool import Choose, ExemplarPool
from components.prompting.selection.verdicts import is_right, say_answers
from components.retrieval.demonstration_policy import Learning, learn_policy, record_episodes


def choose_by_policy(pool: ExemplarPool, cfg: BanditSelection) -> Choose:
    """What the policy shows, the same for every item (Zhang et al. 2022).

    A part of the pool is asked for the reward, the others are shown: none is asked about itself.
    """
    drawn = pool.draw(len(pool.questions), "bandit")
    asked, others = drawn[: cfg.reward_items], sorted(drawn[cfg.reward_items :])
    vectors = np.ascontiguousarray(pool.alike_NN[np.ix_(others, others)])
    seed = derive_seed(pool.seed, "selection", "bandit") % (1 << 32)
    learning = Learning(cfg.hidden, cfg.steps, cfg.learning_rate, cfg.conservatism, cfg.target_every, seed)
    kept: dict[int, list[int]] = {}

    def measure(walks: Sequence[tuple[int, ...]]) -> list[float]:
        """The share of the questions asked that the model answers right behind each walk."""
        shown = [(tuple(others[step] for step in walk), place) for walk in walks for place in asked]
        said = say_answers(pool, shown, cot=cfg.cot, max_new_tokens=cfg.max_new_tokens)
        right = [is_right(pool, place, text) for (_, place), text in zip(shown, said, strict=True)]
        shares = np.array(right, np.float64).reshape(len(walks), len(asked)).mean(axis=1)
        return [float(share) for share in shares]

    def choose(_: object, count: int) -> list[int]:
        if count and count not in kept:
            episodes = record_episodes(measure, len(others), count, cfg.episodes, seed)
            kept[count] = [others[step] for step in learn_policy(episodes, vectors, learning).choose(count)]
        return kept.get(count, [])

    return choose
